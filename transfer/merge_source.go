package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/internal/spooldir"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// attacher is a destination that moves rows out of another file as whole cells.
type attacher interface {
	BeginFrom(from *sqlite.DB, where string, args []string, b *store.Batch, carry func(moved int64) (*store.Carried, error)) (store.Insertion, error)
	Path() string
}

// source is a file to be merged. It is read as it lies: in place, if no process
// has it open, or from a copy.
type source struct {
	path   string
	copy   string // the folder of the copy, "" in place
	stamp  string // of the file when it was opened or copied, "" if it was open elsewhere
	id     string // the database's own
	tables []*schema.Schema
	db     *sqlite.DB
	next   *source // which is merged after it
	failed error   // of opening it beforehand
}

// resolve returns the files and the spools that the names stand for, each once.
func (m *merging) resolve(names []string) (files, spools []string, err error) {
	into := ""
	if m.file != nil {
		into = m.file.Path()
	}
	add := func(path string) error {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return err
		case info.IsDir() && spooldir.IsSpool(path):
			if !slices.Contains(spools, path) {
				spools = append(spools, path)
			}
			return nil
		case info.IsDir():
			return fmt.Errorf("%s is a folder, and not a spool; name its files, as in %s", path, filepath.Join(path, "*.db"))
		}
		resolved, err := fileid.Resolve(path)
		switch {
		case err != nil:
			return err
		case resolved == into:
			return fmt.Errorf("%s: it is the destination; name other files", path)
		case !slices.Contains(files, resolved):
			files = append(files, resolved)
		}
		return nil
	}
	for _, name := range names {
		matches := []string{name}
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(name, "*?[") {
			if matches, err = filepath.Glob(name); err != nil || len(matches) == 0 {
				return nil, nil, fmt.Errorf("no file matches %s; check the pattern: %w", name, errors.Join(fs.ErrNotExist, err))
			}
			matches = slices.DeleteFunc(matches, beside)
		}
		for _, path := range matches {
			if err := add(path); err != nil {
				return nil, nil, err
			}
		}
	}
	return files, spools, nil
}

// companions are the suffixes of the files that SQLite keeps beside an open
// database.
var companions = []string{"-wal", "-shm", "-journal"}

// beside reports that a file belongs to a database of another name, which a
// pattern finds as well.
func beside(path string) bool {
	return slices.ContainsFunc(companions, func(suffix string) bool { return strings.HasSuffix(path, suffix) })
}

// live reports that a file must be copied: another process may have it open, or
// it is on a file system that several hosts share.
func (s *source) live() bool {
	if s.inUse() {
		return true
	}
	system, err := fileid.FileSystem(s.path)
	return err == nil && system.Unsafe
}

// prepare opens the source and reads its tables.
func (s *source) prepare(ctx context.Context, temp string) (err error) {
	if s.stamp, err = stamp(s.path); err != nil {
		return err
	}
	path := s.path
	if s.live() {
		if path, err = s.duplicate(ctx, temp); err != nil {
			return err
		}
	}
	db, err := sqlite.OpenClosed(ctx, path, sqlite.Options{TempDir: temp})
	if s.copy == "" && (errors.Is(err, sqlite.ErrInUse) || errors.Is(err, sqlite.ErrFileReplaced)) {
		if path, err = s.duplicate(ctx, temp); err != nil {
			return err
		}
		db, err = sqlite.OpenClosed(ctx, path, sqlite.Options{TempDir: temp})
	}
	if err != nil {
		return err
	}
	s.db = db
	if s.id == "" {
		if s.id, err = databaseID(ctx, db); err != nil {
			return err
		}
	}
	if s.tables, err = db.Tables(ctx); err != nil {
		return err
	}
	return s.close()
}

// databaseID reads a file's own id.
func databaseID(ctx context.Context, db *sqlite.DB) (string, error) {
	return store.Value[string](ctx, db, "SELECT value FROM galley_meta WHERE name = 'id'")
}

// open opens the source again, which prepare has closed: thousands may be merged.
func (s *source) open(ctx context.Context, temp string) (err error) {
	now, err := stamp(s.path)
	if err != nil {
		return err
	}
	if s.copy == "" && (now != s.stamp || s.live()) { // written to since
		before := s.tables
		if err := errors.Join(s.close(), s.prepare(ctx, temp)); err != nil {
			return err
		}
		same := func(a, b *schema.Schema) bool { return a.Name() == b.Name() && a.Fingerprint() == b.Fingerprint() }
		if !slices.EqualFunc(before, s.tables, same) {
			return fmt.Errorf("%w: its tables were changed while it was merged; run the merge again", sqlite.ErrFileReplaced)
		}
	}
	if s.db != nil {
		return nil
	}
	s.db, err = sqlite.OpenClosed(ctx, s.file(), sqlite.Options{TempDir: temp})
	return err
}

func (s *source) file() string {
	if s.copy == "" {
		return s.path
	}
	return filepath.Join(s.copy, "copy.db")
}

func (s *source) close() error {
	if s.db == nil {
		return nil
	}
	err := s.db.Close()
	s.db = nil
	return err
}

// discard closes the source and removes its copy.
func (s *source) discard() error {
	err := s.close()
	if s.copy != "" {
		err = errors.Join(err, os.RemoveAll(s.copy))
	}
	s.copy = ""
	return err
}

// stamp identifies the state of a file and its -wal by sizes and times.
func stamp(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
		text += fmt.Sprintf("-%d-%d", wal.Size(), wal.ModTime().UnixNano())
	}
	return text, nil
}
