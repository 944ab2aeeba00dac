package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Query runs a SELECT on a connection of its own, in one snapshot, and reads
// its rows as they come: memory does not grow with the result. Connections for
// queries cannot write. When ctx ends, so does the query, with ctx.Err().
//
// Parameters are $1, $2 and so on. Args may be nil, bool, integers, floats,
// string, []byte and time.Time, named types of these, and driver.Valuer, as
// far as the server takes them for the type that a parameter has. A float is
// refused for a parameter that is an integer, unless they are equal.
func (db *DB) Query(ctx context.Context, q store.Select, row func(schema.Reader) (bool, error)) error {
	ctx, end, err := db.begin(ctx)
	if err != nil {
		return db.explain(err)
	}
	defer end()
	var yieldErr error
	err = db.onReader(ctx, func(conn *pgx.Conn) (begun bool, err error) {
		err = db.read(ctx, conn, q, func(r schema.Reader) (more bool, err error) {
			begun = true
			more, yieldErr = row(r)
			return more, yieldErr
		})
		return begun, err
	})
	if err == nil || yieldErr != nil {
		return yieldErr
	}
	if q.SQL == "" && errors.Is(err, store.ErrQuery) {
		err = db.suspect(ctx, db.plan(q.Schema), err)
	}
	return db.explain(err)
}

// onReader calls work with a connection for reading. The pool may hold
// connections that the server has closed since, as when it was restarted: where
// work has not begun to give rows, it gets another.
func (db *DB) onReader(ctx context.Context, work func(conn *pgx.Conn) (begun bool, err error)) error {
	for tried := 0; ; tried++ {
		conn, err := db.readers.Acquire(ctx)
		if err != nil {
			return readError(ctx, connectError(ctx, err))
		}
		begun := false
		err = func() error {
			defer conn.Release()
			return db.within(ctx, &session{pg: conn.Conn().PgConn()}, true, func() (err error) {
				begun, err = work(conn.Conn())
				return err
			})
		}()
		if err == nil || begun || !gone(err) || ctx.Err() != nil || tried == db.opts.MaxConns {
			return readError(ctx, err)
		}
	}
}

// readError gives its meaning to an error of a query.
func readError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%w: %w", cause, err)
	}
	if sqlClass(err) == "42" && sqlState(err) != "42501" { // syntax, unknown names
		return fmt.Errorf("%w: %w", store.ErrQuery, err)
	}
	if gone(err) {
		return &lostError{err}
	}
	return err
}

// inBinary asks for all columns of a result in their binary form.
var inBinary = pgx.QueryResultFormats{pgx.BinaryFormatCode}

// read runs q and steps through its result.
func (db *DB) read(ctx context.Context, conn *pgx.Conn, q store.Select, row func(schema.Reader) (bool, error)) error {
	args, err := arguments(q.Args)
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrQuery, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	result, err := conn.Query(ctx, db.selectSQL(q), append([]any{inBinary}, args...)...)
	if err != nil {
		cancel()
		return queryError(err)
	}
	// Closing reads what is left. A query that is left early is canceled, and
	// its connection with it, also when row panics.
	defer result.Close()
	defer cancel()
	more := result.Next() // the columns are known from here on
	if err := result.Err(); err != nil {
		return queryError(err)
	}
	r, err := newRowReader(q.Schema.Columns(), result.FieldDescriptions(), q.ByPosition)
	if err == nil && q.SQL == "" {
		err = db.unaltered(q.Schema, r.oids)
	}
	if err != nil {
		return err
	}
	for ; more; more = result.Next() {
		r.values, r.packed = result.RawValues(), r.packed[:0]
		again, err := row(r)
		if err == nil {
			err = r.err
		}
		if err != nil {
			return err
		}
		if !again {
			finish(result)
			return nil
		}
	}
	return queryError(result.Err())
}

// finish reads the rest of a result if it is small, so that the connection can
// be kept.
func finish(result pgx.Rows) {
	const small = 100
	for range small {
		if !result.Next() {
			return
		}
	}
}

// queryError separates the errors in the query's text and arguments from those
// of the server and the network.
func queryError(err error) error {
	var pg *pgconn.PgError
	if err == nil || errors.As(err, &pg) || broken(err) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", store.ErrQuery, err)
}

// selectSQL is the text of q.
func (db *DB) selectSQL(q store.Select) string {
	if q.SQL != "" {
		return q.SQL
	}
	sql := "SELECT " + quoteAll(q.Schema.ColumnNames()) + " FROM " + db.quoted(q.Schema.Name())
	if q.Where != "" {
		sql += " WHERE " + q.Where
	}
	if q.OrderBy != "" {
		sql += "\nORDER BY " + q.OrderBy
	}
	if q.Limit > 0 {
		sql += fmt.Sprintf("\nLIMIT %d", q.Limit) // a comment ends with its line
	}
	return sql
}

// ask runs galley's own queries on a connection for reading. work may be called
// several times.
func (db *DB) ask(ctx context.Context, work func(ctx context.Context, s *session) error) error {
	ctx, end, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	return db.onReader(ctx, func(conn *pgx.Conn) (bool, error) { return false, work(ctx, &session{pg: conn.PgConn()}) })
}
