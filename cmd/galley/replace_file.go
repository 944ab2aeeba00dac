package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// replaceFile writes a file beside path and then renames it, so that a reader sees
// the earlier content or the new one, whole. If path is a symbolic link, it replaces
// the file that the link points to. It writes into a pipe or a device, such as
// /dev/stdout, and refuses to replace a database.
func replaceFile(path string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	if err := notDatabase(path); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	} else if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return errors.New("it is a symbolic link to a file that does not exist; remove the link, or create the file")
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if err := errors.Join(write(f), f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// notDatabase returns an error if path is an SQLite file, or one of the files
// beside it: text that is written there would destroy its rows.
func notDatabase(path string) error {
	if isSQLite(path) {
		return errors.New("it is an SQLite file; name another file")
	}
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		if database, ok := strings.CutSuffix(path, suffix); ok && isSQLite(database) {
			return fmt.Errorf("it is part of the SQLite file %s; name another file", database)
		}
	}
	return nil
}
