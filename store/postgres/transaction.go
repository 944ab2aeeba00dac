package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// transaction is one transaction of one attempt.
type transaction struct {
	session
	db   *DB
	conn *pgx.Conn
	// wrote are the plans that rows were written by; the tables must still be
	// what they say when the transaction commits.
	wrote []*plan
	// patience, where it is not nil, is instead of the context that ends the
	// wait for a COMMIT.
	patience context.Context
}

// errUndo makes transact roll back and return nil.
var errUndo = errors.New("roll back")

// rollbackWait bounds how long a ROLLBACK is waited for. Without it the
// connection is closed, which has the same effect.
const rollbackWait = 5 * time.Second

// transact runs work in a transaction and commits. When it returns an error
// nothing of it is stored, unless the error is ErrCommitUnknown.
func (db *DB) transact(ctx context.Context, work func(tx *transaction) error) error {
	err := db.transaction(ctx, work)
	var lost *lostError
	if errors.As(err, &lost) {
		db.opts.hooks().Warn("connection lost", "server", db.place, "error", err)
	}
	return err
}

// transaction does transact's work.
func (db *DB) transaction(ctx context.Context, work func(tx *transaction) error) error {
	conn, err := db.writers.Acquire(ctx)
	if err != nil {
		if db.isClosed() {
			return store.ErrClosed
		}
		return connectError(ctx, err)
	}
	// release closes a connection that is within a transaction or in the
	// middle of a statement, also when work has panicked.
	defer db.release(conn)
	tx := &transaction{session: session{pg: conn.Conn().PgConn()}, db: db, conn: conn.Conn()}
	err = db.start(ctx, &tx.session, false)
	if err == nil {
		err = work(tx)
	}
	if err != nil {
		tx.rollback(ctx)
		if errors.Is(err, errUndo) {
			return nil
		}
		return tx.orStandby(ctx, beforeCommit(ctx, err))
	}
	if tx.pending {
		return nil // nothing was done
	}
	if err := ctx.Err(); err != nil {
		tx.rollback(ctx)
		return err
	}
	if tx.patience != nil {
		ctx = tx.patience
	}
	return tx.commit(ctx)
}

func (s *session) rollback(ctx context.Context) {
	if s.pg.IsClosed() || s.pg.TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackWait)
	defer cancel()
	_, _ = s.pg.Exec(ctx, "ROLLBACK").ReadAll() // a connection on which it fails is closed
}

// commit ends the transaction. A context that ends meanwhile does not stop it:
// what was sent cannot be taken back.
func (tx *transaction) commit(ctx context.Context) error {
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(tx.db.opts.CommitWait, cancel)
		context.AfterFunc(patient, func() { timer.Stop() })
	})
	defer stop()
	if tx.pg.IsClosed() {
		return &lostError{pgconn.ErrConnClosed} // COMMIT was not sent
	}
	c := tx.connection()
	c.unreplicated = false
	batch := &pgconn.Batch{}
	for _, p := range tx.wrote {
		// What follows is not reached where the guard fails.
		if tx.connection().pooled {
			batch.ExecParams(p.guard, nil, nil, nil, nil)
		} else {
			guard, err := tx.prepared(patient, p.guard)
			if err != nil {
				tx.rollback(patient)
				return beforeCommit(ctx, err)
			}
			batch.ExecPrepared(guard, nil, nil, nil)
		}
	}
	batch.ExecParams("COMMIT", nil, nil, nil, nil)
	results, err := tx.pg.ExecBatch(patient, batch).ReadAll()
	for i, p := range tx.wrote {
		if altered(err) && (i >= len(results) || results[i].Err != nil) {
			tx.rollback(patient)
			return tx.db.alteredError(p.schema, err)
		}
	}
	if err != nil {
		return afterCommit(err)
	}
	if tag := results[len(results)-1].CommandTag.String(); tag != "COMMIT" {
		return fmt.Errorf("the server answered COMMIT with %s", tag) // it rolled back
	}
	if c.unreplicated {
		return fmt.Errorf("%w: %w", store.ErrCommitUnknown, errUnreplicated)
	}
	return nil
}

// orStandby returns a *standbyError for a refusal to write that may end: the
// server is a standby, or the connection string asks for a server that can be
// written. The next attempt connects again, perhaps to another server.
func (tx *transaction) orStandby(ctx context.Context, err error) error {
	if sqlState(err) != "25006" || tx.db.opts.ReadOnly || tx.pg.IsClosed() { // read_only_sql_transaction
		return err
	}
	if !tx.db.writable {
		tx.pending = false
		row, askErr := tx.row(ctx, "SELECT pg_catalog.pg_is_in_recovery()")
		if askErr != nil || row[0] != "t" {
			return err
		}
	}
	_ = tx.pg.Close(context.WithoutCancel(ctx))
	return &standbyError{err}
}

// lock holds the namespace for itself until the transaction ends: tables are
// created and changed by one host at a time.
func (tx *transaction) lock(ctx context.Context) error {
	_, err := tx.exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "galley/"+tx.db.namespace)
	return err
}

// mark writes the ledger row of a batch and returns its number, or "" if its
// key already exists. While another transaction is storing the key, mark waits
// for its outcome.
func (tx *transaction) mark(ctx context.Context, b *store.Batch, rows int) (string, error) {
	at := ""
	if micros := markTime(b); micros != nil {
		at = fmt.Sprint(*micros)
	}
	mark, err := tx.rowsPrepared(ctx, "INSERT INTO "+tx.db.quoted(ledgerTable)+` ("table", key, rows, at) VALUES ($1, $2, $3, `+
		timeOrNow("nullif($4, '')::bigint")+") ON CONFLICT DO NOTHING RETURNING id", b.Schema.Name(), b.Key, fmt.Sprint(ledgerRows(b, rows)), at)
	if err != nil || len(mark) == 0 {
		return "", err
	}
	return mark[0][0], nil
}

// ledgerRows is the number of rows in the ledger for a batch of so many rows.
func ledgerRows(b *store.Batch, rows int) int64 {
	if rows == 0 {
		return b.LedgerRows
	}
	return int64(rows)
}

// markTime is the time of a batch's ledger row in microseconds since 1970, nil
// for the time of the transaction.
func markTime(b *store.Batch) *int64 {
	if b.At.IsZero() {
		return nil
	}
	micros := b.At.UnixMicro()
	return &micros
}

// timeOrNow is SQL for the time of markTime.
func timeOrNow(micros string) string {
	return "coalesce('epoch'::timestamptz + " + micros + " * interval '1 microsecond', now())"
}

// remark has a batch's ledger row count the rows that were stored: some may
// have been left out since.
func (tx *transaction) remark(ctx context.Context, s *schema.Schema, key string, rows int64) error {
	_, err := tx.exec(ctx, "UPDATE "+tx.db.quoted(ledgerTable)+` SET rows = $3 WHERE "table" = $1 AND key = $2`,
		s.Name(), key, fmt.Sprint(rows))
	return err
}
