package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// output is the file or the server that is written to, with its tables.
type output struct {
	path    string // or the server's URL, without its password
	db      store.Backend
	targets []target

	inventory *inventory // nil for a study whose files never change
}

// openOutput opens OUT/features.db or the server, and makes what is not there.
// The caller closes its db.
func openOutput(ctx context.Context, o options) (*output, error) {
	open := openFile
	switch {
	case o.server != "":
		open = openServer
	case o.spool != "":
		open = openSpool
	}
	out, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	db := out.db
	aseg, errSegments := openTable(ctx, db, "aseg", o.force, session.Segments)
	aparc, errParcels := openTable(ctx, db, "aparc", o.force, session.Parcels)
	measures, errMeasures := openTable(ctx, db, "measures", o.force, session.Measures)
	// Not every study has these: the first rows make the table.
	volumes, errVolumes := openIfThere(ctx, db, "volumes", o.force, session.Volumes)
	overlays, errOverlays := openIfThere(ctx, db, "overlays", o.force, session.Overlays)
	err = cmp.Or(errSegments, errParcels, errMeasures, errVolumes, errOverlays)
	if err == nil && o.subjects != "" && o.replicas == 0 && o.spool == "" { // a spool cannot be read
		out.inventory, err = openInventory(ctx, db, o.force)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the output: %w", errors.Join(err, db.Close()))
	}
	out.targets = []target{aseg, aparc, measures, volumes, overlays}
	return out, nil
}

func openFile(ctx context.Context, o options) (*output, error) {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return nil, fmt.Errorf("making the output folder: %w", err)
	}
	path := filepath.Join(o.out, "features.db")
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return nil, fmt.Errorf("opening the output: %w", err)
	}
	return &output{path: path, db: db}, nil
}

func openServer(ctx context.Context, o options) (*output, error) {
	db, err := postgres.Open(ctx, o.server, postgres.Options{MaxConns: o.workers})
	if err != nil {
		return nil, fmt.Errorf("opening the output: %w", err)
	}
	path := "PostgreSQL"
	if u, err := url.Parse(o.server); err == nil && u.Scheme != "" {
		path = u.Redacted()
	}
	return &output{path: path, db: db}, nil
}

func openSpool(ctx context.Context, o options) (*output, error) {
	db, err := spool.Open(ctx, o.spool, spool.Options{})
	if err != nil {
		return nil, fmt.Errorf("opening the output: %w", err)
	}
	return &output{path: o.spool, db: db}, nil
}

// longestWait is how long a task waited for the file at most, -1 on a server
// or in a spool, where many write at once.
func (o *output) longestWait() time.Duration {
	if db, ok := o.db.(*sqlite.DB); ok {
		return db.Stats().MaxWait
	}
	return -1
}

// targetsOf returns the targets that a session has rows for, or that it fails
// to read.
func (o *output) targetsOf(s session) []target {
	return slices.DeleteFunc(slices.Clone(o.targets), func(t target) bool { return t.empty(s) })
}

// target is a table that sessions are loaded into.
type target interface {
	// name is the last part of the keys.
	name() string
	// empty reports whether the session has no rows for this table.
	empty(s session) bool
	// load saves the session's rows in this table, once: it returns their
	// number, or applied false if they were saved before. A session that was
	// saved is not read. With -force its rows replace the earlier ones. For a
	// session without rows for this table it does nothing and returns 0 rows.
	load(ctx context.Context, s session) (rows int, applied bool, err error)
}

// typed is a target whose rows are T.
type typed[T any] struct {
	title string
	read  func(session) ([]T, error)
	force bool
	open  func() (*table.Table[T], error) // opens the table at the first call, and creates it
	there atomic.Bool                     // the output has the table
}

// openTable opens a table, and adds the columns that one from an earlier version
// of this program lacks.
func openTable[T any](ctx context.Context, db store.Backend, name string, force bool, read func(session) ([]T, error)) (target, error) {
	t := laterTable(ctx, db, name, force, read)
	_, err := t.open()
	t.there.Store(err == nil)
	return t, err
}

// openIfThere opens a table that not every study has rows for. The first rows
// create it.
func openIfThere[T any](ctx context.Context, db store.Backend, name string, force bool, read func(session) ([]T, error)) (target, error) {
	found, err := db.Describe(ctx, name)
	if err != nil || found != nil {
		return openTable(ctx, db, name, force, read)
	}
	return laterTable(ctx, db, name, force, read), nil
}

func laterTable[T any](ctx context.Context, db store.Backend, name string, force bool, read func(session) ([]T, error)) *typed[T] {
	return &typed[T]{title: name, read: read, force: force, open: sync.OnceValues(func() (*table.Table[T], error) {
		t, err := table.Open(ctx, db, table.Options[T]{Name: name, Evolve: store.Additive})
		if err == nil && force {
			err = indexTasks(ctx, db, t.Schema())
		}
		return t, err
	})}
}

// indexTasks makes an index by which a task's rows are found. Loading does
// better without one, and so the first -force of a file makes it; it stays.
func indexTasks(ctx context.Context, db store.Backend, s *schema.Schema) error {
	columns := slices.Clone(s.Columns())
	columns[s.Batch()].Index = "task"
	indexed, err := schema.New(s.Name(), columns)
	if err != nil {
		return err
	}
	return db.Ensure(ctx, indexed, store.Additive)
}

func (t *typed[T]) name() string { return t.title }

func (t *typed[T]) empty(s session) bool {
	rows, err := t.read(s)
	return err == nil && len(rows) == 0
}

func (t *typed[T]) load(ctx context.Context, s session) (int, bool, error) {
	key := keyOf(s, t.title)
	if !t.force && t.there.Load() {
		table, err := t.open()
		if err != nil {
			return 0, false, err
		}
		if done, err := table.Done(ctx, key); err != nil || done {
			return 0, false, err
		}
	}
	rows, err := t.read(s)
	if err != nil {
		return 0, false, &inputError{err}
	}
	if len(rows) == 0 {
		return 0, true, nil
	}
	rowsTable, err := t.open()
	if err != nil {
		return 0, false, err
	}
	t.there.Store(true)
	res, err := rowsTable.Insert(ctx, table.Batch[T]{Rows: rows, Key: key, Replace: t.force})
	if row := (*table.RowError)(nil); errors.As(err, &row) || errors.Is(err, store.ErrKey) {
		err = &inputError{err}
	}
	if err != nil || !res.Applied {
		return 0, false, err
	}
	return len(rows), true, nil
}

// idOf names a session.
func idOf(s session) string {
	subject, name := s.ID()
	return subject + "/" + name
}

// keyOf names a task. A folder's name contains no slash, so no two tasks share
// a key.
func keyOf(s session, table string) string { return idOf(s) + "/" + table }

// inputError is an error in a session's files. The other sessions continue.
type inputError struct{ err error }

func (e *inputError) Error() string { return e.err.Error() }
func (e *inputError) Unwrap() error { return e.err }
