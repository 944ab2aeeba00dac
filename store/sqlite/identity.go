package sqlite

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/galley-db/galley/internal/fileid"
)

// guard records which files a connection has open, and detects when a name no
// longer leads to its file. SQLite continues to write into a file that was removed
// or renamed, and reports success
// (https://sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use).
type guard struct {
	files [3]guarded
	still *still // the file is read without -wal and -shm, nil if not
}

type guarded struct {
	path string
	id   fileid.ID
}

// watch records the three files of the open database at path.
func watch(path string) (guard, error) {
	var g guard
	for i, suffix := range [...]string{"", "-wal", "-shm"} {
		g.files[i].path = path + suffix
		info, err := fileid.Stat(g.files[i].path)
		if err != nil {
			return g, replaced(g.files[i].path, err)
		}
		if info.Links > 1 {
			return g, fmt.Errorf("%w: %s; remove the other names, or copy the file", ErrHardLink, g.files[i].path)
		}
		g.files[i].id = info.ID
	}
	return g, nil
}

// check returns ErrFileReplaced or ErrHardLink unless all three files are
// the ones recorded, under one name each.
func (g *guard) check() error {
	if g.still != nil {
		return g.still.check()
	}
	for i := range g.files {
		f := &g.files[i]
		info, err := fileid.Stat(f.path)
		switch {
		case err != nil:
			return replaced(f.path, err)
		case info.ID != f.id:
			return fmt.Errorf("%w: %s is another file now; close the database, and find out what replaced it", ErrFileReplaced, f.path)
		case info.Links > 1:
			return fmt.Errorf("%w: %s got a second name while open", ErrHardLink, f.path)
		}
	}
	return nil
}

func replaced(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s is gone; close the database, and find out what removed it", ErrFileReplaced, path)
	}
	return fmt.Errorf("%w: %w", ErrFileReplaced, err)
}
