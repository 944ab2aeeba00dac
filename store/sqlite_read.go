package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
)

// Query runs a SELECT on a read connection of its own, beside the writer: it
// sees the table as it was when it began, and blocks nobody. Memory does not
// grow with the result. A long query keeps the WAL from being cut back while
// it runs. When ctx ends, so does the query, with ctx.Err().
//
// Args may be nil, bool, integers, floats, string, []byte and time.Time
// (bound as microseconds since 1970), named types of these, and
// driver.Valuer.
func (db *DB) Query(ctx context.Context, q Select, row func(schema.Reader) (bool, error)) error {
	if err := db.open(); err != nil {
		return err
	}
	rs := &db.file.readers
	rd, err := rs.acquire(ctx)
	if err != nil {
		return explain(db.file.path, err)
	}
	defer rs.release(rd)
	defer db.file.watchRead(q.Schema.Name()).Stop()
	var yieldErr error
	err = rd.run(q, func(r schema.Reader) (bool, error) {
		var more bool
		rd.outside = true
		more, yieldErr = row(r)
		rd.outside = false
		return more, yieldErr
	})
	if err == nil || yieldErr != nil {
		return yieldErr
	}
	if cause := context.Cause(rd.ctx); cause != nil {
		err = cause
	}
	return explain(db.file.path, err)
}

// watchRead reports the query that begins now if it goes on for too long. The
// caller stops the timer.
func (f *file) watchRead(table string) *time.Timer {
	began := time.Now()
	return time.AfterFunc(f.opts.LongRead, func() {
		f.stats.longRead()
		if f.opts.OnLongRead != nil {
			f.opts.OnLongRead(LongRead{Table: table, Held: time.Since(began)})
		}
	})
}

// readers are the read connections of a file.
type readers struct {
	file   *file
	mu     sync.Mutex
	closed bool
	idle   []*reader
	active map[*reader]struct{}
}

// caught, deferred, turns a panic of the engine, as of one without memory for
// a large argument, into an error. A panic of the caller's function goes on.
func (rd *reader) caught(err *error) {
	if rd.outside {
		rd.outside = false
		return
	}
	if p := recover(); p != nil {
		rd.broken = true
		*err = engineFailed(p)
	}
}

func (rd *reader) run(q Select, row func(schema.Reader) (bool, error)) (err error) {
	defer rd.caught(&err)
	return rd.query(q, row)
}

// reader is one read connection, in use by one query.
type reader struct {
	conn   *conn
	stmts  map[string]*sqlite3.Stmt
	ctx    context.Context
	cancel context.CancelCauseFunc
	broken bool // its engine has panicked

	outside bool // a function of the caller's runs
}

// maxReadStmts bounds the prepared SELECTs that a connection keeps.
const maxReadStmts = 32

func (rs *readers) init(f *file) {
	rs.file = f
	rs.active = map[*reader]struct{}{}
}

// acquire returns an idle connection, or opens one. It ends with ctx, and
// when the file is closed.
func (rs *readers) acquire(ctx context.Context) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rs.mu.Lock()
	if rs.closed {
		rs.mu.Unlock()
		return nil, ErrClosed
	}
	var rd *reader
	if n := len(rs.idle); n > 0 {
		rd = rs.idle[n-1]
		rs.idle = rs.idle[:n-1]
	}
	rs.mu.Unlock()
	if rd == nil {
		err := patiently(ctx, func() error {
			c, err := openConn(ctx, rs.file.path, rs.file.opts, reading)
			if err == nil {
				rd = &reader{conn: c, stmts: map[string]*sqlite3.Stmt{}}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	rd.ctx, rd.cancel = context.WithCancelCause(ctx)
	rd.conn.SetInterrupt(rd.ctx)
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.closed {
		rd.close()
		return nil, ErrClosed
	}
	rs.active[rd] = struct{}{}
	return rd, nil
}

// release ends the use of a connection, also when the caller's function has
// panicked.
func (rs *readers) release(rd *reader) {
	rd.cancel(nil)
	rd.conn.SetInterrupt(context.Background())
	rs.mu.Lock()
	defer rs.mu.Unlock()
	delete(rs.active, rd)
	if rs.closed || rd.broken || len(rs.idle) >= rs.file.opts.Readers {
		rd.close()
		return
	}
	rs.idle = append(rs.idle, rd)
}

// close closes the idle connections and interrupts the queries under way,
// whose goroutines then close theirs.
func (rs *readers) close() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.closed = true
	for _, rd := range rs.idle {
		rd.close()
	}
	rs.idle = nil
	for rd := range rs.active {
		rd.cancel(ErrClosed)
	}
}

func (rd *reader) close() {
	for _, s := range rd.stmts {
		_ = s.Close()
	}
	rd.conn.discard()
}

// statement prepares sql, or finds it prepared.
func (rd *reader) statement(sql string) (*sqlite3.Stmt, error) {
	if s := rd.stmts[sql]; s != nil {
		return s, nil
	}
	if len(rd.stmts) >= maxReadStmts {
		for _, old := range rd.stmts {
			_ = old.Close()
		}
		clear(rd.stmts)
	}
	s, tail, err := rd.conn.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	if s == nil || tail != "" {
		_ = s.Close()
		return nil, fmt.Errorf("%w: more than one statement: %q", ErrQuery, tail)
	}
	rd.stmts[sql] = s
	return s, nil
}

// ErrQuery is returned when a query's text or arguments cannot be used.
var ErrQuery = errors.New("invalid query")

// query steps through q's result.
func (rd *reader) query(q Select, row func(schema.Reader) (bool, error)) error {
	s, err := rd.statement(selectSQL(q))
	if err != nil {
		return err
	}
	defer func() {
		_ = s.Reset() // repeats the error of Step
		_ = s.ClearBindings()
	}()
	if n := s.BindCount(); n != len(q.Args) {
		return fmt.Errorf("%w: it has %d parameters, and %d arguments were given", ErrQuery, n, len(q.Args))
	}
	for i, a := range q.Args {
		if err := bindArg(s, i+1, a); err != nil {
			return fmt.Errorf("%w: argument %d: %w", ErrQuery, i+1, err)
		}
	}
	columns := q.Schema.Columns()
	r := &rowReader{stmt: s, columns: columns, texts: make([]string, len(columns))}
	if q.SQL != "" {
		if err := r.match(); err != nil {
			return err
		}
	}
	for s.Step() {
		more, err := row(r)
		if err == nil {
			err = r.err
		}
		if err != nil || !more {
			return err
		}
	}
	return s.Err()
}

// selectSQL is the text of q.
func selectSQL(q Select) string {
	if q.SQL != "" {
		return q.SQL
	}
	sql := q.Schema.Select(schema.SQLite(), q.Where)
	if q.OrderBy != "" {
		sql += " ORDER BY " + q.OrderBy
	}
	if q.Limit > 0 {
		sql += fmt.Sprintf(" LIMIT %d", q.Limit)
	}
	return sql
}

// retire closes the idle connections, and refuses where one is in use.
func (rs *readers) retire() error {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if n := len(rs.active); n > 0 {
		return fmt.Errorf("%w: %d queries of this process are running; let them end first", ErrInUse, n)
	}
	for _, rd := range rs.idle {
		rd.close()
	}
	rs.idle = nil
	return nil
}
