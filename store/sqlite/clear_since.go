package sqlite

import (
	"context"
	"errors"
	"fmt"
)

// ErrChanged is returned by ClearSince when the database was written to since the
// mark.
var ErrChanged = errors.New("the database was written to meanwhile")

// Mark is a moment in the life of an open database.
type Mark struct {
	conn  *conn
	own   int64 // rows that this connection has written
	other int64 // changes whenever another connection commits
}

// Mark returns a marker for the current state of the database, for ClearSince.
func (db *DB) Mark(ctx context.Context) (Mark, error) {
	if err := db.writable(); err != nil {
		return Mark{}, err
	}
	var m Mark
	err := db.file.exclusively(ctx, func(w *writer) (err error) {
		m, err = w.moment()
		return err
	})
	return m, explain(db.file.path, err)
}

// moment reads what a commit of anybody changes
// (https://sqlite.org/pragma.html#pragma_data_version).
func (w *writer) moment() (Mark, error) {
	other, err := w.conn.int64("PRAGMA data_version")
	return Mark{conn: w.conn, own: w.conn.TotalChanges(), other: other}, err
}

// ClearSince is Clear, provided that no process has written to the database since
// the mark. Otherwise it returns ErrChanged and removes nothing. A caller that
// copies the rows elsewhere after the mark can therefore clear the database
// without losing a row that arrived meanwhile.
func (db *DB) ClearSince(ctx context.Context, m Mark) error {
	return db.clear(ctx, func(w *writer) error {
		now, err := w.moment()
		if err == nil && now != m {
			err = fmt.Errorf("%w: repeat the export or copy, then clear the database", ErrChanged)
		}
		return err
	})
}

// agreed asks whether, in a transaction that shuts everybody else out: in
// exclusive mode a writer locks the file itself, and keeps that lock
// (https://sqlite.org/pragma.html#pragma_locking_mode).
func (w *writer) agreed(whether func(*writer) error) error {
	if err := w.conn.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer w.undo()
	return whether(w)
}
