package sqlite

import (
	"context"
	"fmt"
	"strings"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Query runs a SELECT on its own read connection, beside the writer. It sees
// the table as it was at its start, and blocks no one. Memory does not grow
// with the result. While it runs, a long query keeps the WAL from shrinking.
// When ctx ends, the query ends with ctx.Err().
//
// Args may be nil, bool, integers, floats, string, []byte, [store.At] for a
// time, named types of these, and driver.Valuer. A time.Time is refused with
// [store.ErrTimeUnit]. A result's time is read in the unit of the column that it
// comes from; the time of an expression, in the unit that the tag of its field names.
// Without such a tag it is refused with store.ErrTimeUnit.
func (db *DB) Query(ctx context.Context, q store.Select, row func(schema.Reader) (bool, error)) error {
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
	err = rd.run(db.file, q, func(r schema.Reader) (bool, error) {
		var more bool
		rd.outside = true
		more, yieldErr = row(r)
		rd.outside = false
		return more, yieldErr
	})
	if yieldErr != nil {
		return yieldErr
	}
	err = rd.conn.blame(err)
	if err == nil {
		err = rs.unchanged()
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	} else if cause := context.Cause(rd.ctx); cause != nil { // the file was closed
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
		f.opts.hooks().Warn("long read", "table", table, "held", time.Since(began))
		if f.opts.OnLongRead != nil {
			f.opts.OnLongRead(LongRead{Table: table, Held: time.Since(began)})
		}
	})
}

// caught, deferred, turns a panic of the engine (out of memory for a large
// argument, for instance) into an error. A panic of the caller's function
// continues.
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

func (rd *reader) run(f *file, q store.Select, row func(schema.Reader) (bool, error)) (err error) {
	defer rd.caught(&err)
	if !f.memory && !f.opts.still && rd.conn.foreign == nil && rd.whole(q) {
		b, err := rd.bulk(f, q.Schema)
		if err != nil {
			return err
		}
		if b != nil {
			defer b.close()
			return b.rows(q.Schema, row)
		}
	}
	return rd.query(q, row)
}

// statement prepares sql, or finds it prepared.
func (rd *reader) statement(sql string) (*readStmt, error) {
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
	if s == nil || strings.TrimSpace(tail) != "" {
		_ = s.Close()
		return nil, fmt.Errorf("%w: more than one statement: %q", store.ErrQuery, tail)
	}
	rs := &readStmt{Stmt: s}
	rd.stmts[sql] = rs
	return rs, nil
}

// query steps through q's result.
func (rd *reader) query(q store.Select, row func(schema.Reader) (bool, error)) error {
	s, err := rd.statement(selectSQL(q, rd.conn.foreign == nil))
	if err != nil {
		return err
	}
	defer func() {
		_ = s.Reset() // repeats the error of Step
		_ = s.ClearBindings()
	}()
	if n := s.BindCount(); n != len(q.Args) {
		return fmt.Errorf("%w: it has %d parameters, and %d arguments were given", store.ErrQuery, n, len(q.Args))
	}
	for i, a := range q.Args {
		rd.outside = true // the argument's own Value may run, and panic
		a, err := plain(a)
		rd.outside = false
		if err != nil {
			return fmt.Errorf("%w: argument %d: %w", store.ErrQuery, i+1, err)
		}
		if err := bindArg(s.Stmt, i+1, a); err != nil {
			return fmt.Errorf("%w: argument %d: %w", store.ErrQuery, i+1, err)
		}
	}
	all := &resultReader{rowReader: newRowReader(s.Stmt, q.Schema.Columns())}
	r := &all.rowReader
	var from schema.Reader = r
	verified := q.SQL != "" // then types are looked at value by value
	units := !verified
	if verified {
		if err := all.match(q.ByPosition); err != nil {
			return err
		}
		from = all
	}
	for s.Step() {
		if !units {
			if err := all.takeUnits(rd.conn); err != nil {
				return err
			}
			units = true
		}
		if !verified {
			if err := rd.verify(s, q.Schema); err != nil {
				return err
			}
			verified = true
		}
		more, err := row(from)
		if err == nil {
			err = r.err
		}
		if err != nil || !more {
			return err
		}
	}
	return s.Err()
}

// verify makes sure that the table which s reads holds what the columns of want
// say, in the snapshot in which s stands on a row. SQLite has compiled s again if
// the table is another than before.
func (rd *reader) verify(s *readStmt, want *schema.Schema) error {
	again := s.Status(sqlite3.STMTSTATUS_REPREPARE, true) > 0
	if s.verified == want && !again || rd.conn.foreign != nil {
		return nil
	}
	have, err := rd.conn.table(want.Name())
	if err != nil {
		return err
	}
	if have != nil { // otherwise another program's table
		if err := evolve.Usable(rd.path, want, have, true); err != nil {
			return err
		}
		if _, err := rd.conn.audit(rd.path, have, true); err != nil {
			return err
		}
	}
	s.verified = want
	return nil
}

// selectSQL is the text of q. A view or a table WITHOUT ROWID, which galley does not
// create, has no numbers of rows.
func selectSQL(q store.Select, numbered bool) string {
	if q.SQL != "" {
		return q.SQL
	}
	// New lines, so that a comment at the end of a text ends there.
	sql := q.Schema.Select(schema.SQLite(), q.Where)
	switch {
	case q.OrderBy != "":
		sql += "\nORDER BY " + q.OrderBy
	case q.Where == "" && numbered:
		sql += "\nORDER BY rowid" // an index that has all columns would have its own
	}
	if q.Limit > 0 {
		sql += fmt.Sprintf("\nLIMIT %d", q.Limit)
	}
	return sql
}
