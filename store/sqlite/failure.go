package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/galley-db/galley/internal/fileid"
)

// The engine reports the kind of call that failed ("disk I/O error"). The
// error of the operating system behind it is lost as soon as the engine makes
// another call, for instance to roll back. The VFS therefore keeps it.

// failure is a call of the operating system that failed.
type failure struct {
	err     error
	written bool // it was a write to the -wal
}

// begin forgets the failures before: a new piece of work begins.
func (m *mount) begin() {
	m.failed.Store(nil)
	m.marked.Store(false)
}

// record keeps err, the result of a call for the file at path, and returns it
// with the path. A full disk becomes SQLITE_FULL; SQLite's own VFS in Go reports
// an I/O error. Without a mount, which a connection has, nothing is kept.
func (m *mount) record(op, path string, err error) error {
	var errno syscall.Errno
	if err == nil || !errors.As(err, &errno) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		return err
	}
	return m.keep(op, path, err)
}

// keep is record for an error that matters, whatever it is.
func (m *mount) keep(op, path string, err error) error {
	f := &failure{err: err, written: op == "write" && strings.HasSuffix(path, "-wal")}
	if !errors.As(err, new(*fs.PathError)) {
		f.err = &fs.PathError{Op: op, Path: path, Err: err}
	}
	if m != nil {
		m.failed.CompareAndSwap(nil, f)
	}
	if fileid.IsFull(err) && op != "sync" { // after a failed sync the state of the file is unknown
		return vfs.SystemError(f.err, sqlite3.FULL)
	}
	return f.err
}

// blame adds to an error of the engine the system's error behind it.
func (m *mount) blame(err error) error {
	f := m.failed.Load()
	if err == nil || f == nil {
		return err
	}
	for _, code := range []sqlite3.ErrorCode{sqlite3.IOERR, sqlite3.FULL, sqlite3.CANTOPEN, sqlite3.READONLY} {
		var errno syscall.Errno
		if errors.Is(err, code) && errors.As(f.err, &errno) && !errors.Is(err, errno) {
			return fmt.Errorf("%w: %w", err, f.err)
		}
	}
	return err
}

// mark looks at what is about to be written to the -wal: a frame that commits
// has the size of the database in its header
// (https://sqlite.org/fileformat2.html#walformat).
func (m *mount) mark(p []byte) {
	if len(p) == frameHeader && binary.BigEndian.Uint32(p[4:]) != 0 {
		m.marked.Store(true)
	}
}

// unstored reports whether a COMMIT that failed has stored nothing for certain:
// the frame that commits was not begun, or the system refused a write to the
// -wal, which leaves that frame without its page.
func (m *mount) unstored() bool {
	if !m.marked.Load() {
		return true
	}
	f := m.failed.Load()
	return f != nil && f.written && (fileid.IsFull(f.err) || fileid.IsReadOnly(f.err))
}
