package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// duplicate copies the source to a local disk, in one snapshot, and returns the
// path of the copy.
func (s *source) duplicate(ctx context.Context, temp string) (path string, err error) {
	if s.copy == "" {
		if s.copy, err = os.MkdirTemp(temp, "galley-merge-"); err != nil {
			return "", err
		}
	}
	path = s.file()
	db, err := openShared(ctx, s.path, temp)
	if errors.Is(err, store.ErrUnsupportedFS) || errors.Is(err, store.ErrReadOnly) {
		return path, s.copyBytes(ctx, path)
	}
	if err != nil {
		return "", err
	}
	s.stamp = ""
	if s.id, err = databaseID(ctx, db); err == nil { // the copy has another
		err = db.Backup(ctx, path, nil)
	}
	return path, errors.Join(err, db.Close())
}

// openShared opens a file to read it, as this process may have it open already.
func openShared(ctx context.Context, path, temp string) (db *sqlite.DB, err error) {
	for _, o := range []sqlite.Options{{ReadOnly: true}, {}, {Durability: sqlite.Full}, {ReadOnly: true, Durability: sqlite.Full}} {
		o.TempDir = temp
		if db, err = sqlite.Open(ctx, path, o); !errors.Is(err, store.ErrOptions) {
			break
		}
	}
	return db, err
}

// copyBytes copies a file with its -wal. That is one state of it if no process
// has written meanwhile.
func (s *source) copyBytes(ctx context.Context, to string) error {
	var err error
	for range 3 {
		before, statErr := stamp(s.path)
		if statErr != nil {
			return statErr
		}
		for _, suffix := range []string{"", "-wal"} {
			if err = copyFile(s.path+suffix, to+suffix); err != nil && (suffix == "" || !errors.Is(err, fs.ErrNotExist)) {
				return err
			}
		}
		after, statErr := stamp(s.path)
		if statErr != nil {
			return statErr
		}
		if before != after {
			err = fmt.Errorf("%w while it was copied; stop the program that writes it", sqlite.ErrFileReplaced)
			continue
		}
		s.stamp = after
		// Opened for writing, the copy takes in its -wal.
		db, err := sqlite.Open(ctx, to, sqlite.Options{})
		if err != nil {
			return err
		}
		return db.Close()
	}
	return err
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
