package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A server has few connections for many processes, and the process that has one
// may use it for ever: others would starve. So a process with several asks the
// server every shareEvery whether any is left, and gives one back if not. For as
// long as yield it asks for no new one, and then as the others do.
const (
	shareEvery = time.Second
	shareWait  = time.Second
	yield      = 200 * time.Millisecond
	// An unused connection is closed after idle.
	idle        = 15 * time.Second
	idleDefault = 30 * time.Minute // pgxpool's own
)

// freeConnections is SQL for the number of connections that the server still
// accepts from users that are not superusers.
const freeConnections = `SELECT pg_catalog.current_setting('max_connections')::bigint
	- pg_catalog.current_setting('superuser_reserved_connections')::bigint
	- (SELECT coalesce(pg_catalog.sum(numbackends), 0) FROM pg_catalog.pg_stat_database)`

// release returns a connection for writing to the pool, or to the server.
func (db *DB) release(conn *pgxpool.Conn) {
	defer conn.Release() // which drops a connection that is closed
	pg := conn.Conn().PgConn()
	now := time.Now().UnixNano()
	looked := db.looked.Load()
	if now-looked < int64(shareEvery) || pg.IsClosed() || pg.TxStatus() != 'I' || db.writers.Stat().TotalConns() < 2 {
		return
	}
	s := &session{pg: pg}
	if c := s.connection(); c.pooled || !c.postgres || !db.looked.CompareAndSwap(looked, now) {
		return
	}
	ctx, cancel := context.WithTimeout(db.ctx, shareWait)
	defer cancel()
	// An error closes the connection or says nothing: the work is done.
	if free, err := s.row(ctx, freeConnections); err == nil && free[0] != "" && (free[0] == "0" || free[0][0] == '-') {
		_ = pg.Close(ctx)
		db.gaveBack.Store(time.Now().UnixNano())
	}
}

// afterYield delays a new connection of a process that has just given one back.
func (db *DB) afterYield(ctx context.Context, _ *pgx.ConnConfig) error {
	wait := yield - time.Since(time.Unix(0, db.gaveBack.Load()))
	if wait <= 0 {
		return nil
	}
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
	return ctx.Err()
}
