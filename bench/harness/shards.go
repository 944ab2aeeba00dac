package harness

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"

	"github.com/galley-db/galley/bench/row"
)

// shards makes count files of n rows each, once, and returns a list of them.
func (s *sources) shards(ctx context.Context, k row.Kind, count, n int) (string, error) {
	var list strings.Builder
	for i := range count {
		path := filepath.Join(s.dir, fmt.Sprintf("shard-%s-%d-%d.db", strings.ReplaceAll(k.String(), " ", "-"), n, i))
		fmt.Fprintln(&list, path)
		if s.made[path] {
			continue
		}
		db, err := sqlite.Open(ctx, path, sqlite.Options{})
		if err == nil {
			err = errors.Join(sessions(ctx, db, k, i*n, n), db.Close())
		}
		if err != nil {
			return "", fmt.Errorf("shard: %w", err)
		}
		s.made[path] = true
	}
	path := filepath.Join(s.dir, "shards.txt")
	return path, os.WriteFile(path, []byte(list.String()), 0o600)
}

// spool makes a spool of n sessions, once, and returns a copy at path, which is
// made of links: a collector removes files, and changes none.
func (s *sources) spool(ctx context.Context, n int, path string) (string, error) {
	made := filepath.Join(s.dir, fmt.Sprintf("sessions-%d.spool", n))
	if !s.made[made] {
		sp, err := spool.Open(ctx, made, spool.Options{})
		if err == nil {
			err = errors.Join(sessions(ctx, sp, row.A, 0, n*row.SessionRows), sp.Close())
		}
		if err != nil {
			return "", fmt.Errorf("spool: %w", err)
		}
		s.made[made] = true
	}
	return path, filepath.WalkDir(made, func(from string, e fs.DirEntry, err error) error {
		to := path + strings.TrimPrefix(from, made)
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return os.Mkdir(to, 0o700)
		}
		return os.Link(from, to)
	})
}

// sessions appends rows from, …, from+n-1 in batches of a session.
func sessions(ctx context.Context, to store.Backend, k row.Kind, from, n int) error {
	switch k {
	case row.A:
		return appendSessions[row.Sample](ctx, to, k, from, n)
	case row.AKeyed:
		return appendSessions[row.KeyedSample](ctx, to, k, from, n)
	case row.AIndexed:
		return appendSessions[row.IndexedSample](ctx, to, k, from, n)
	}
	return fmt.Errorf("no shards of kind %s", k)
}

func appendSessions[T any](ctx context.Context, to store.Backend, k row.Kind, from, n int) error {
	t, err := table.Open(ctx, to, table.Options[T]{Name: row.Table})
	if err != nil {
		return err
	}
	at := from
	_, err = row.Stream(k, from, n, row.SessionRows, func(b row.Batch) error {
		_, err := t.AppendOnce(ctx, fmt.Sprint("row ", at), b.Slice().([]T))
		at += b.Len()
		return err
	})
	return err
}
