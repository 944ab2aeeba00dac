package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/galley-db/galley/internal/folderlock"
)

// ErrNoLock is returned by Write when Clear is set and the folder's file system
// has no file locks: another export could replace the files before the database
// is removed. Nothing was written.
var ErrNoLock = errors.New("the folder cannot be locked against other exports; export without clear, or into a folder on another file system")

// resolve returns the file that path stands for: itself, or the file that a
// symbolic link points to. It reports whether the file exists.
func resolve(path string) (target string, exists bool, err error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, false, nil
	case err != nil:
		return path, false, err
	case info.Mode()&fs.ModeSymlink == 0:
		return path, true, nil
	}
	target, err = filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s is a symbolic link to a file that does not exist; remove the link, or create the file: %w", path, fs.ErrNotExist)
	}
	return target, true, err
}

// folders returns the folders that the export changes, each once, in an order
// that all exports share: the folder of the files, and those of files that
// symbolic links point to.
func (w *writing) folders() ([]string, error) {
	dir, err := filepath.Abs(w.opts.Dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, err
	}
	all := []string{dir}
	for _, name := range append(w.names(), ManifestName) {
		target, _, err := resolve(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		all = append(all, filepath.Dir(target))
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

func (w *writing) names() []string {
	var names []string
	for _, j := range w.jobs {
		names = append(names, j.name)
	}
	return names
}

// lock locks the folders until the export ends, so another export neither
// replaces a file that this one has merged into nor removes its temporary files.
// A file system without locks is an error only under Clear.
func (w *writing) lock(ctx context.Context) error {
	folders, err := w.folders()
	if err != nil {
		return err
	}
	for _, folder := range folders {
		l, err := folderlock.Acquire(ctx, folder, w.opts.Waiting)
		if errors.Is(err, folderlock.ErrUnsupported) {
			if w.opts.Clear {
				return fmt.Errorf("%w: %w", ErrNoLock, err)
			}
			w.unlocked = true
			continue
		}
		if err != nil {
			return err
		}
		w.tidy = append(w.tidy, l.Release)
	}
	if again, err := w.folders(); err != nil || !slices.Equal(again, folders) {
		return errors.Join(err, fmt.Errorf("%s: a symbolic link in it changed while the export waited; run it again", w.opts.Dir))
	}
	return nil
}

// sweep removes the temporary files of exports that were killed. Without a lock
// they may be another export's, which is still writing.
func (w *writing) sweep(path string) {
	if !w.unlocked {
		sweep(w.opts.disk, path)
	}
}
