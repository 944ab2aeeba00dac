package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"syscall"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/internal/holder"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Retryable reports whether err means that another writer holds the lock:
// nothing was stored, and the same call may succeed later. It depends on
// SQLite's result code, never on a message.
func (db *DB) Retryable(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, store.ErrCommitUnknown) {
		return false
	}
	return busy(err)
}

// explain gives an error of the engine the meaning that it has for a caller:
// one of the package's errors where there is one, and the path. The cause
// stays in the chain.
func explain(path string, err error) error {
	if err == nil {
		return nil
	}
	var done *pathError
	var mismatch *store.MismatchError
	var row *store.RowError
	if errors.As(err, &done) || errors.As(err, &mismatch) || errors.As(err, &row) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if busy(err) && !errors.Is(err, store.ErrCommitUnknown) {
		err = &busyError{path: path, err: err}
	} else if kind := kindOf(err); kind != nil && !errors.Is(err, kind) {
		err = fmt.Errorf("%w: %w", kind, err)
	}
	return &pathError{path: path, err: err}
}

// busyError is an attempt that found the write lock taken. Its message replaces
// the engine's "database is locked". Most attempts are repeated and their errors
// never read, so the process that holds the lock is looked for when the message
// is made.
type busyError struct {
	path string
	err  error
	once sync.Once
	text string
}

func (e *busyError) Error() string {
	e.once.Do(func() {
		e.text = store.ErrBusy.Error()
		if process := holder.Writer(e.path); process != "" {
			e.text = process + " holds the write lock"
		}
	})
	return e.text
}

// Unwrap returns ErrBusy, and the engine's error for Retryable.
func (e *busyError) Unwrap() []error { return []error{store.ErrBusy, e.err} }

// kindOf returns the package's error that err amounts to, or nil.
func kindOf(err error) error {
	switch {
	case errors.Is(err, sqlite3.FULL) || fileid.IsFull(err):
		return store.ErrDiskFull
	case errors.Is(err, ErrTempDir):
		return ErrTempDir // whatever the system says of that folder, it says nothing of the database
	case errors.Is(err, sqlite3.READONLY) || errors.Is(err, sqlite3.READONLY_DIRECTORY),
		errors.Is(err, fs.ErrPermission), fileid.IsReadOnly(err):
		return store.ErrReadOnly
	case fileid.IsNameTooLong(err):
		return ErrPathTooLong
	case errors.Is(err, sqlite3.NOTADB), errors.Is(err, sqlite3.CORRUPT),
		errors.Is(err, sqlite3.IOERR_SHORT_READ), errors.Is(err, sqlite3.IOERR_DATA): // cut short; a wrong checksum
		return store.ErrNotGalley
	case errors.Is(err, sqlite3.CONSTRAINT):
		return store.ErrConstraint
	case errors.Is(err, sqlite3.TOOBIG):
		return store.ErrTooLarge
	case missing(err):
		return ErrModule
	case errors.Is(err, sqlite3.IOERR), errors.Is(err, sqlite3.CANTOPEN):
		return store.ErrIO
	case errors.As(err, new(syscall.Errno)) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist):
		return store.ErrIO
	}
	return nil
}

// missing reports whether the engine lacks what a statement needs. It says so in
// no other way than by its message.
func missing(err error) bool {
	if !errors.Is(err, sqlite3.ERROR) {
		return false
	}
	for _, what := range []string{"no such module: ", "no such function: ", "no such collation sequence: "} {
		if strings.Contains(err.Error(), what) {
			return true
		}
	}
	return false
}

// constraintColumn returns the column of s that a constraint's message names:
// "UNIQUE constraint failed: t.a, t.b" names a, and "CHECK constraint failed: a
// > 0" the column with that check. It returns "" if the message names none.
// SQLite reports the column in no other way
// (https://sqlite.org/rescode.html#constraint).
func constraintColumn(s *schema.Schema, err error) string {
	if !errors.Is(err, sqlite3.CONSTRAINT) {
		return ""
	}
	if _, rule, ok := strings.Cut(err.Error(), "CHECK constraint failed: "); ok {
		for _, c := range s.Columns() {
			if c.Check == rule {
				return c.Name
			}
		}
		return ""
	}
	for _, kind := range []string{"UNIQUE", "NOT NULL"} {
		_, names, _ := strings.Cut(err.Error(), kind+" constraint failed: ")
		for _, c := range s.Columns() {
			if name := s.Name() + "." + c.Name; names == name || strings.HasPrefix(names, name+", ") {
				return c.Name
			}
		}
	}
	return ""
}
