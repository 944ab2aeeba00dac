package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// output is the file that is written, with its tables.
type output struct {
	path    string
	db      *store.DB
	targets []target
}

// openOutput opens OUT/features.db, and makes what is not there. The caller
// closes its db.
func openOutput(ctx context.Context, o options) (*output, error) {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return nil, fmt.Errorf("making the output folder: %w", err)
	}
	out := &output{path: filepath.Join(o.out, "features.db")}
	if o.force {
		if err := wipe(ctx, out.path); err != nil {
			return nil, fmt.Errorf("starting anew: %w", err)
		}
	}
	db, err := store.Open(ctx, out.path, store.Options{})
	if err != nil {
		return nil, fmt.Errorf("opening the output: %w", err)
	}
	out.db = db
	aseg, errSegments := openTable(ctx, db, "aseg", session.Segments)
	aparc, errParcels := openTable(ctx, db, "aparc", session.Parcels)
	measures, errMeasures := openTable(ctx, db, "measures", session.Measures)
	if err := cmp.Or(errSegments, errParcels, errMeasures); err != nil {
		return nil, fmt.Errorf("opening the output: %w", errors.Join(err, db.Close()))
	}
	out.targets = []target{aseg, aparc, measures}
	return out, nil
}

// wipe removes the file at path, if there is one. Nobody else may have it
// open.
func wipe(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(db.Clear(ctx), db.Close())
}

// target is a table that sessions are loaded into.
type target interface {
	// name is the last part of the keys.
	name() string
	// load saves the session's rows in this table, once: it returns their
	// number, or applied false where they were there already. A session that
	// is there is not read.
	load(ctx context.Context, s session) (rows int, applied bool, err error)
}

// typed is a target whose rows are T.
type typed[T any] struct {
	title string
	table *table.Table[T]
	read  func(session) ([]T, error)
}

func openTable[T any](ctx context.Context, db *store.DB, name string, read func(session) ([]T, error)) (target, error) {
	t, err := table.Open(ctx, db, table.Options[T]{Name: name})
	if err != nil {
		return nil, err
	}
	return &typed[T]{title: name, table: t, read: read}, nil
}

func (t *typed[T]) name() string { return t.title }

func (t *typed[T]) load(ctx context.Context, s session) (int, bool, error) {
	key := keyOf(s, t.title)
	done, err := t.table.Done(ctx, key)
	if err != nil || done {
		return 0, false, err
	}
	rows, err := t.read(s)
	if err != nil {
		return 0, false, &inputError{err}
	}
	applied, err := t.table.AppendOnce(ctx, key, rows)
	if row := (*table.RowError)(nil); errors.As(err, &row) || errors.Is(err, store.ErrKey) {
		err = &inputError{err}
	}
	if err != nil || !applied {
		return 0, false, err
	}
	return len(rows), true, nil
}

// keyOf names a task. A folder's name holds no slash, so that no two tasks
// share a key.
func keyOf(s session, table string) string {
	subject, name := s.ID()
	return subject + "/" + name + "/" + table
}

// inputError is an error that lies in a session's files, and is no reason to
// leave the other sessions alone.
type inputError struct{ err error }

func (e *inputError) Error() string { return e.err.Error() }
func (e *inputError) Unwrap() error { return e.err }
