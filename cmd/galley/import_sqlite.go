package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/galley-db/galley/cmd/galley/internal/gen"
	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/load"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// takeTables writes the tables of SQLite files among the sources (other.db:TABLE)
// to temporary files, which the import reads. The caller calls remove at the end.
func (a *app) takeTables(ctx context.Context, opts *load.Options) (remove func(), err error) {
	var dirs []string
	discard := func() {
		for _, dir := range dirs {
			_ = os.RemoveAll(dir)
		}
	}
	defer func() {
		if err != nil {
			discard()
		}
	}()
	opts.Files = map[string]string{}
	for _, source := range opts.Sources {
		path, table, err := sqliteTable(source)
		if err != nil {
			return nil, err
		}
		if path == "" {
			continue
		}
		dir, err := os.MkdirTemp("", "galley-import-*")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
		dirs = append(dirs, dir)
		if opts.Files[source], err = a.takeTable(ctx, path, table, dir); err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
	}
	return discard, nil
}

// takeTable writes a table to a file in dir, and returns its path.
func (a *app) takeTable(ctx context.Context, path, table, dir string) (file string, err error) {
	err = a.readingAny(ctx, path, func(db *sqlite.DB) error {
		s, err := described(ctx, db, table)
		if err != nil {
			return err
		}
		m, err := export.Write(ctx, db, export.Options{Dir: dir, Tables: []export.Table{{Name: s.Name()}}})
		if stored := (*store.StoredError)(nil); errors.As(err, &stored) {
			return stored // without the temporary file
		}
		if err != nil {
			return err
		}
		for _, f := range m.Files {
			if f.Form == "long" { // not that of the rows in quarantine
				file = filepath.Join(dir, f.Name)
			}
		}
		return nil
	})
	return file, err
}

// sqliteTable splits a source of the form PATH:TABLE if PATH is an SQLite file, and
// returns "" for another source. It returns an error for the file without a table.
func sqliteTable(source string) (path, table string, err error) {
	if info, err := os.Stat(source); err == nil && info.Mode().IsRegular() {
		if isSQLite(source) {
			return "", "", fmt.Errorf("%s is an SQLite file; name its table, as in %s:TABLE", sheet.Printable(source), sheet.Printable(source))
		}
		return "", "", nil
	}
	// A name of a table may have a colon, too: the first path that is a file counts.
	for at := range len(source) {
		if source[at] == ':' && at+1 < len(source) && isSQLite(source[:at]) {
			return source[:at], source[at+1:], nil
		}
	}
	return "", "", nil
}

// isSQLite reports whether path is a regular file that begins as SQLite's do.
func isSQLite(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	is, err := gen.IsSQLite(path)
	return err == nil && is
}
