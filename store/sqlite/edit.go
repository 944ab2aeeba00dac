package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/ledgersql"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Edit changes or removes the rows that meet a condition, in one transaction, in
// its turn among the writers, and returns their number. It returns
// store.ErrRowsLost, and changes nothing, if a trigger skips some of them. The
// condition is SQL as in [DB.Query], and so are its arguments.
func (db *DB) Edit(ctx context.Context, e store.Edit) (rows int64, err error) {
	if err := db.writable(); err != nil {
		return 0, err
	}
	if err := e.Check(); err != nil {
		return 0, &pathError{path: db.file.path, err: err}
	}
	ed := &edit{Edit: e, args: make([]any, len(e.Args))}
	for i, a := range e.Args { // outside of the lock: an argument's own Value may run
		if ed.args[i], err = plain(a); err != nil {
			return 0, explain(db.file.path, fmt.Errorf("%w: argument %d: %w", store.ErrQuery, i+1, err))
		}
	}
	if e.Set != nil {
		values, err := db.file.plans.of(e.Set, db.file.opts.MaxValue).layOut(&store.Batch{Schema: e.Set, Rows: e.Row}, false)
		if err != nil {
			return 0, explain(db.file.path, err)
		}
		defer values.release()
		if ed.set, err = record.Parse(values.record(0), nil); err != nil {
			return 0, err
		}
	}
	err = db.file.exclusively(ctx, func(w *writer) error {
		err := w.transaction(func() error {
			err := w.verify(db.file.plans.of(e.Schema, db.file.opts.MaxValue))
			if err == nil {
				rows, err = w.edit(ctx, ed)
			}
			return err
		})
		if err == nil {
			w.keepWALShort()
		}
		return err
	})
	if err != nil && ctx.Err() != nil && !errors.Is(err, store.ErrCommitUnknown) {
		err = ctx.Err()
	}
	if err != nil {
		return 0, explain(db.file.path, err)
	}
	return rows, nil
}

// edit is an Edit whose values are encoded.
type edit struct {
	store.Edit
	args []any
	set  []record.Cell
}

// edit runs in the transaction that has been started. The end of ctx interrupts
// its statements, and not the ROLLBACK behind them.
func (w *writer) edit(ctx context.Context, e *edit) (rows int64, err error) {
	old := w.conn.SetInterrupt(ctx)
	defer w.conn.SetInterrupt(old)
	table := "main." + schema.SQLite().Quote(e.Schema.Name())
	var found int64
	count := func(s *sqlite3.Stmt) error {
		if s.Step() {
			found = s.ColumnInt64(0)
		}
		return s.Err()
	}
	if err := w.condition(e, "SELECT count(*) FROM "+table+" WHERE ("+e.Where+"\n)", count); err != nil || found == 0 {
		return 0, err
	}
	if sql := ledgersql.Uncount(&e.Edit, schema.SQLite(), "main.galley_batches", table); sql != "" {
		if err := w.condition(e, sql, (*sqlite3.Stmt).Exec); err != nil {
			return 0, err
		}
	}
	if err := w.condition(e, e.sql(table), (*sqlite3.Stmt).Exec); err != nil {
		return 0, err
	}
	if rows = w.conn.Changes(); rows != found {
		return 0, e.RowsLostError(found, rows)
	}
	return rows, nil
}

// sql is the statement that edits. The condition comes first, since its
// parameters may be numbered from 1.
func (e *edit) sql(table string) string {
	if e.Set == nil {
		return "DELETE FROM " + table + " WHERE (" + e.Where + "\n)"
	}
	set := make([]string, len(e.Set.Columns()))
	for i, name := range e.Set.ColumnNames() {
		set[i] = schema.SQLite().Quote(name) + " = ?"
	}
	return "WITH hit AS (SELECT rowid FROM " + table + " WHERE (" + e.Where + "\n)) UPDATE " + table +
		" SET " + strings.Join(set, ", ") + " WHERE rowid IN hit"
}

// condition runs a statement with the condition's arguments, and the new values
// behind them where it takes these.
func (w *writer) condition(e *edit, sql string, run func(*sqlite3.Stmt) error) error {
	s, tail, err := w.conn.Prepare(sql)
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrQuery, err)
	}
	defer s.Close()
	if strings.TrimSpace(tail) != "" {
		return fmt.Errorf("%w: more than one statement: %q", store.ErrQuery, tail)
	}
	n := len(e.args)
	if have := s.BindCount(); have != n && have != n+len(e.set) {
		return fmt.Errorf("%w: the condition has fewer or more parameters than the %d arguments that were given", store.ErrQuery, n)
	}
	for i, a := range e.args {
		if err := bindArg(s, i+1, a); err != nil {
			return fmt.Errorf("%w: argument %d: %w", store.ErrQuery, i+1, err)
		}
	}
	for i, c := range e.set {
		if s.BindCount() == n {
			break
		}
		if err := bindCell(s, n+i+1, c); err != nil {
			return err
		}
	}
	return run(s)
}
