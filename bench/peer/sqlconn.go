package peer

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"sync"

	"github.com/galley-db/galley/bench/row"
)

// sqlPeer is a database/sql driver, used as its users do: one connection, a
// prepared INSERT, a transaction a batch.
type sqlPeer struct {
	name, about, driver string
}

func (p sqlPeer) Name() string                { return p.name }
func (p sqlPeer) About() string               { return p.about }
func (p sqlPeer) Check(context.Context) error { return nil }

func (p sqlPeer) Open(ctx context.Context, f File) (Conn, error) {
	db, err := openSQL(ctx, p.driver, f)
	if err != nil {
		return nil, err
	}
	c := &sqlConn{db: db, kind: f.Kind}
	if c.insert, err = db.PrepareContext(ctx, f.Kind.Insert()); err == nil {
		c.key, err = db.PrepareContext(ctx, insertKey)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return c, nil
}

// openSQL opens f with one connection that has the settings. Both drivers
// support _txlock.
func openSQL(ctx context.Context, driver string, f File) (*sql.DB, error) {
	dsn := "file:" + (&url.URL{Path: f.Path}).EscapedPath() + "?_txlock=immediate"
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	// The settings belong to a connection, so there must be just one.
	db.SetMaxOpenConns(1)
	for _, stmt := range f.setup() {
		if _, err := db.ExecContext(ctx, stmt); err != nil {
			db.Close()
			return nil, fmt.Errorf("%s: %w", stmt, err)
		}
	}
	return db, nil
}

// sqlConn is a mutex around single transactions.
type sqlConn struct {
	mu     sync.Mutex
	db     *sql.DB
	kind   row.Kind
	insert *sql.Stmt
	key    *sql.Stmt
	args   []any
}

func (c *sqlConn) Append(ctx context.Context, b row.Batch) error {
	_, err := c.write(ctx, "", b)
	return err
}

func (c *sqlConn) AppendOnce(ctx context.Context, key string, b row.Batch) (bool, error) {
	return c.write(ctx, key, b)
}

func (c *sqlConn) write(ctx context.Context, key string, b row.Batch) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	if key != "" {
		res, err := tx.StmtContext(ctx, c.key).ExecContext(ctx, key, b.Len())
		if err != nil {
			return false, err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return false, err
		}
	}
	insert := tx.StmtContext(ctx, c.insert)
	for i := range b.Len() {
		c.args = b.Args(i, c.args[:0])
		// Exec without a context: with one that can be canceled, drivers
		// start a goroutine a row to watch it.
		if _, err := insert.Exec(c.args...); err != nil {
			return false, err
		}
	}
	return true, tx.Commit()
}

func (c *sqlConn) Scan(ctx context.Context) (t row.Tally, err error) {
	rows, err := c.db.QueryContext(ctx, c.kind.Select())
	if err != nil {
		return t, err
	}
	defer rows.Close()
	if c.kind == row.Users {
		return scanUsers(rows)
	}
	var s row.Sample
	dest := s.Dest(nil)
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return t, err
		}
		t = t.Add(s.Tally())
	}
	return t, rows.Err()
}

// scanUsers makes structs of the values, as neither driver scans a number into a
// time.
func scanUsers(rows *sql.Rows) (t row.Tally, err error) {
	for rows.Next() {
		var id, created, active int64
		var email string
		if err := rows.Scan(&id, &created, &email, &active); err != nil {
			return t, err
		}
		u := row.UserOf(id, created, email, active)
		t = t.Add(u.Tally())
	}
	return t, rows.Err()
}

func (c *sqlConn) Close() error { return c.db.Close() }
