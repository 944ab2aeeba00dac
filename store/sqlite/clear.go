package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// Clear removes the database: its file, -wal and -shm. While any other connection
// is open, in this process or another, Clear returns ErrInUse and changes nothing. After Clear the DB is closed; opening the path
// again creates a new, empty database.
//
// Clear first moves all rows from the WAL into the file, so a Clear that fails in
// the middle loses nothing.
func (db *DB) Clear(ctx context.Context) error { return db.clear(ctx, nil) }

// clear is Clear. It calls whether, unless that is nil, once no other connection
// can write. An error of whether leaves everything unchanged.
func (db *DB) clear(ctx context.Context, whether func(*writer) error) error {
	if err := db.writable(); err != nil {
		return err
	}
	f := db.file
	if f.memory {
		return db.Close()
	}
	err := f.exclusively(ctx, func(w *writer) error {
		if n := files.Refs(f.id); n > 1 {
			return fmt.Errorf("%w: this process has it open %d times; close the other DBs first", ErrInUse, n)
		}
		if err := f.readers.retire(); err != nil {
			return err
		}
		f.background.retire()
		if err := w.isolate(whether); err != nil {
			return err
		}
		return w.remove()
	})
	if err != nil {
		return explain(f.path, err)
	}
	db.once.Do(func() {
		db.closed.Store(true)
		_, _ = files.Release(f.id, func(*file) error { return nil })
	})
	return nil
}

// isolate makes the writer's connection the only one that can use the file.
// Leaving WAL mode needs every other connection of every process to be gone
// (https://sqlite.org/wal.html#activating_and_configuring_wal_mode).
func (w *writer) isolate(whether func(*writer) error) error {
	if err := w.file.guard.check(); err != nil {
		return err
	}
	err := w.prepare()
	if err == nil {
		_, err = w.checkpoint(sqlite3.CHECKPOINT_TRUNCATE)
	}
	if err == nil {
		err = w.conn.Exec("PRAGMA locking_mode=EXCLUSIVE")
	}
	if err == nil && whether != nil {
		if err = w.agreed(whether); err != nil && !busy(err) {
			_ = w.conn.Exec("PRAGMA locking_mode=NORMAL; SELECT count(*) FROM galley_meta") // gives the lock up
			return err
		}
	}
	var mode string
	if err == nil {
		mode, err = w.conn.journal("DELETE", w.file.opts)
	}
	if err == nil && mode == "delete" {
		err = w.conn.Exec("BEGIN EXCLUSIVE")
	}
	if err == nil && mode == "delete" {
		return nil
	}
	w.replace() // half way out of WAL mode; the next connection finds back into it
	if err == nil || busy(err) {
		return fmt.Errorf("%w: another process has it open; end it first (galley doctor names it)", ErrInUse)
	}
	return err
}

// remove deletes the files while the lock on them is held, and closes the
// connection. A process that opens the path meanwhile waits for the lock,
// and then finds that the file has gone.
func (w *writer) remove() (err error) {
	f := w.file
	closed := runtime.GOOS == "windows" // which removes no open file
	if !closed {
		if err := f.unlink(); err != nil {
			w.replace() // the database still exists; the next connection opens it again
			return err
		}
	}
	f.queue.close()
	f.closed = true
	f.readers.close()
	w.replace() // of a file that is gone, so that no error matters
	f.guard.close()
	if closed {
		err = f.unlink()
	}
	return err
}

// unlink takes the names away, the database's last, and not before the others
// are gone for good: a file system may lose any of what its folder was not
// synced for, and a -wal or -journal that comes back without its database is
// one that Open refuses, because its content may matter.
func (f *file) unlink() error {
	files := vfs.Find(f.opts.vfs)
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		there, err := files.Access(f.path+suffix, vfs.ACCESS_EXISTS)
		if err == nil && there {
			err = files.Delete(f.path+suffix, false)
		}
		if err != nil {
			return err
		}
	}
	if err := f.opts.syncFolder(filepath.Dir(f.path)); err != nil {
		return err
	}
	return files.Delete(f.path, false)
}
