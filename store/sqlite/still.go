package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/store"
)

// A reader, too, needs the -wal and the -shm, and creates them where they are
// missing. It must not leave them behind: they would belong to its user, and
// lock out the owner of the file. A process that may write to the file and its
// folder therefore has SQLite remove them at the end. Any other process could
// not, so it creates none and reads the file as it lies
// (https://sqlite.org/uri.html#uriimmutable). That is right as long as no
// process writes, which is checked before and after each query.

// still is a file as it was when it was opened to be read as it lies.
type still struct {
	path    string
	id      fileid.ID
	size    int64
	changed time.Time
}

// arrange prepares to open the file read-only.
func (f *file) arrange() error {
	wal, walErr := fileid.Stat(f.path + "-wal")
	_, shmErr := fileid.Stat(f.path + "-shm")
	empty := walErr != nil || wal.Size == 0
	if f.opts.closed {
		if walErr == nil || shmErr == nil {
			return fmt.Errorf("%w: a -wal or -shm is beside it", ErrInUse)
		}
		return f.lie()
	}
	if walErr == nil && shmErr == nil {
		return nil // another process has the file open, or had
	}
	err := f.alongside()
	switch {
	case err == nil:
		f.tidy = empty
		return nil
	case !empty:
		return fmt.Errorf("%w: the last commits are in %s-wal, and reading them takes a -shm file beside it, which cannot be created: %w; "+
			"make the folder writable, or copy the database and its -wal to another folder", store.ErrReadOnly, f.path, err)
	}
	return f.lie()
}

// lie has the file read as it lies.
func (f *file) lie() error {
	info, err := fileid.Stat(f.path)
	if err != nil {
		return replaced(f.path, err)
	}
	f.opts.still = true
	f.guard.still = &still{f.path, f.id, info.Size, info.Changed}
	return nil
}

// alongside creates the -shm, where this process could also remove it again.
func (f *file) alongside() error {
	db, err := os.OpenFile(f.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	db.Close()
	if err := create(f.path+"-shm", f.opts.Perm); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// check returns an error if the file was changed, or is about to be.
func (s *still) check() error {
	info, err := fileid.Stat(s.path)
	if err != nil {
		return replaced(s.path, err)
	}
	wal, err := fileid.Stat(s.path + "-wal")
	if info.ID != s.id || info.Size != s.size || !info.Changed.Equal(s.changed) || err == nil && wal.Size > 0 {
		return fmt.Errorf("%w: another process has written to %s, which this process reads without locks, because it has no permission to write to it or to its folder; "+
			"open the database again", ErrFileReplaced, s.path)
	}
	return nil
}

// leaveNothing has SQLite remove the -wal and the -shm that were created for
// reading, unless another process has the file open by now. An error leaves them
// there, where they do no harm.
func (f *file) leaveNothing() {
	if !f.tidy || f.guard.check() != nil {
		return
	}
	if wal, err := fileid.Stat(f.path + "-wal"); err != nil || wal.Size > 0 {
		return
	}
	opts := f.opts
	opts.ReadOnly = false
	c, err := openConn(context.Background(), f.path, opts, writing)
	if err != nil {
		return
	}
	defer c.discard()
	if _, err := c.text("PRAGMA user_version"); err == nil { // opens the -wal
		_ = c.Close()
	}
}

// unwritable says which of the files of a database this process may not write
// to, and what to do about it.
func unwritable(path string) string {
	if denied(path) {
		return "the file may not be written; change its permissions, or open it with Options.ReadOnly"
	}
	return fmt.Sprintf("the folder %s is not writable; change its permissions, or open the file with Options.ReadOnly", filepath.Dir(path))
}

// leftBehind adds to an error of opening a database that its -wal or -shm is
// another user's, where this process may write to the database itself.
func leftBehind(path string, err error) error {
	engine := errors.Is(err, sqlite3.CANTOPEN) || errors.Is(err, sqlite3.READONLY) || errors.Is(err, store.ErrReadOnly)
	if !engine || denied(path) {
		return err
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if denied(path + suffix) {
			return fmt.Errorf("%w: %s%s is not writable: another user created it. Give it to the owner of the database, "+
				"or remove it when no process has the database open and the -wal is empty: %w", store.ErrReadOnly, path, suffix, err)
		}
	}
	return err
}

// denied reports whether a file may not be opened for writing.
func denied(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		f.Close()
	}
	return errors.Is(err, fs.ErrPermission)
}
