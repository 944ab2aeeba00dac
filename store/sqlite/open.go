package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/internal/observe"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// DB is an SQLite file with its one writer and its readers. It implements
// [store.Backend]. A DB is safe for use by several goroutines at once. DBs opened
// on the same file, under any spelling of its path, share one writer.
type DB struct {
	file    *file
	hooks   observe.Hooks
	closed  atomic.Bool
	once    sync.Once
	writers store.Writers
}

var _ store.Backend = (*DB)(nil)

// files are the database files that this process has open, each once.
var files fileid.Registry[*file]

// Open opens the database file at path, and creates it if it is missing; its
// folder must exist. A new file appears under its name only when it is complete.
//
// Open refuses a file that would lose data silently later: a file with several
// names ([ErrHardLink]), a network file system ([store.ErrUnsupportedFS]), a
// file system without write-ahead logging ([ErrNoWAL]), on Linux a file that
// another SQLite library of this process has open ([ErrOtherSQLite]), a file that
// galley did not create ([store.ErrNotGalley]), and an engine with a known defect
// ([ErrEngineVersion]). It also refuses an empty path, ":memory:" and "file:"
// URIs. While another process creates or recovers the file, Open waits until
// ctx ends.
//
// The caller closes the DB.
func Open(ctx context.Context, path string, opts Options) (*DB, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := opts.checkTempDir(); err != nil {
		return nil, err
	}
	if opts.inMemory {
		return openMemory(ctx, opts)
	}
	if err := fileid.FillStandard(); err != nil {
		return nil, explain(path, err)
	}
	resolved, err := fileid.Resolve(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &pathError{path: path, err: fmt.Errorf("its folder does not exist, create it first: %w", err)}
	}
	if err != nil {
		return nil, explain(path, err)
	}
	f, err := openFile(ctx, resolved, opts)
	if err != nil {
		return nil, explain(resolved, err)
	}
	return &DB{file: f, hooks: opts.hooks()}, nil
}

// openFile finds or creates the file and acquires its one *file.
func openFile(ctx context.Context, path string, opts Options) (*file, error) {
	if err := fitting(path, false); err != nil {
		return nil, err
	}
	system, err := opts.fileSystem(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	if system.Unsafe {
		return nil, fmt.Errorf("%w: %s; locks and shared memory do not work between the hosts that share it. "+
			"Write to a spool there (package spool, and \"galley collect\"), write to a local disk and copy the file when it is complete, or use a server (store/postgres)",
			store.ErrUnsupportedFS, system.Name)
	}
	var f *file
	err = patiently(ctx, func() error {
		if err := alone(path); err != nil {
			return err
		}
		head, err := probe(path, opts.foreign != nil)
		if errors.Is(err, fs.ErrNotExist) && !opts.ReadOnly {
			if err = createFile(ctx, path, opts); err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
			head, err = probe(path, false)
		}
		if err != nil {
			return err
		}
		f, err = files.Acquire(head.id, func() (*file, error) { return newFile(ctx, path, head, opts) })
		if err == nil && f.queue.isClosed() { // Clear came between
			_, _ = files.Release(f.id, func(*file) error { return nil })
			err = errVanishing
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := f.compatible(opts); err != nil {
		_, _ = files.Release(f.id, (*file).close)
		return nil, err
	}
	return f, nil
}

// OpenClosed opens a file that no process has open, to read it. It creates
// nothing beside the file, and never changes it. The error is [ErrInUse] if a
// -wal or -shm is beside the file: another process has it open, or was killed.
// A call returns [ErrFileReplaced] if the file was written to meanwhile.
func OpenClosed(ctx context.Context, path string, opts Options) (*DB, error) {
	opts.ReadOnly, opts.closed = true, true
	db, err := Open(ctx, path, opts)
	if err == nil && db.file.guard.still == nil {
		return nil, errors.Join(&pathError{path: db.file.path, err: fmt.Errorf("%w by this process", ErrInUse)}, db.Close())
	}
	return db, err
}

// OpenMemory opens a new database in memory. No other DB shares it, and Close
// discards it. Options.ReadOnly is refused with [store.ErrOptions]; options of
// files have no effect. The caller closes the DB.
func OpenMemory(ctx context.Context, opts Options) (*DB, error) {
	opts.inMemory = true
	return Open(ctx, "", opts)
}

func openMemory(ctx context.Context, opts Options) (*DB, error) {
	f, err := newMemory(ctx, opts)
	if err != nil {
		return nil, explain("in memory", err)
	}
	return &DB{file: f, hooks: opts.hooks()}, nil
}

// Path returns the resolved path of the file, "" for a database in memory.
func (db *DB) Path() string {
	if db.file.memory {
		return ""
	}
	return db.file.path
}

// Dialect returns the SQL dialect of SQLite.
func (db *DB) Dialect() schema.Dialect { return schema.SQLite() }

// Close waits for the work in progress and in the queue, and releases the DB.
// The last DB of a file closes its connections; a query that is still running
// then ends with ErrClosed. It returns a *[store.UnstoredError] if rows of Writers
// are not stored that were not closed before. A second Close does nothing.
func (db *DB) Close() error {
	var err error
	db.once.Do(func() {
		db.closed.Store(true)
		if db.file.memory {
			err = db.file.close()
		} else {
			_, err = files.Release(db.file.id, (*file).close)
		}
		if err = explain(db.file.path, err); err == nil {
			err = db.unstored()
		} else {
			err = errors.Join(err, db.unstored())
		}
	})
	return err
}

// KeepWriter is as [store.Backend] says.
func (db *DB) KeepWriter(w store.OpenWriter) (drop func(), err error) {
	if drop, err = db.writers.Keep(w); err != nil {
		return nil, &pathError{path: db.file.path, err: err}
	}
	return drop, nil
}

// unstored abandons the Writers that are still open.
func (db *DB) unstored() error {
	if err := db.writers.Abandon(); err != nil {
		return &pathError{path: db.file.path, err: err}
	}
	return nil
}

// open returns ErrClosed after Close.
func (db *DB) open() error {
	if db.closed.Load() {
		return &pathError{path: db.file.path, err: store.ErrClosed}
	}
	return nil
}

// writable is open, and ErrReadOnly where nothing may be written.
func (db *DB) writable() error {
	if err := db.open(); err != nil {
		return err
	}
	if db.file.opts.ReadOnly {
		return &pathError{path: db.file.path, err: fmt.Errorf("%w: it was opened with Options.ReadOnly", store.ErrReadOnly)}
	}
	return nil
}

// compatible refuses options that contradict those under which this process
// has the file open already, since they share its connections.
func (f *file) compatible(o Options) error {
	var bad []string
	if o.ReadOnly != f.opts.ReadOnly {
		bad = append(bad, "ReadOnly")
	}
	if o.Durability != f.opts.Durability {
		bad = append(bad, "Durability")
	}
	if len(bad) > 0 {
		return fmt.Errorf("%w: the file is open already in this process with another %s; share one DB, or use the same options",
			store.ErrOptions, strings.Join(bad, " and "))
	}
	return nil
}
