package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/row"
)

// Rowfile is a file with the first n rows of row.A.
func (t *Trial) Rowfile(ctx context.Context, format peer.Format, n int) (string, error) {
	s := t.sources
	path := filepath.Join(s.dir, fmt.Sprintf("rows-%d.%s", n, format))
	if s.made[path] {
		return path, nil
	}
	var err error
	if format == peer.CSV {
		err = peer.WriteCSV(path, n)
	} else {
		var from peer.File
		if from, err = s.duckdb(ctx, n); err == nil {
			err = peer.WriteParquet(ctx, from, path)
		}
	}
	if err != nil {
		return "", fmt.Errorf("file of rows: %w", err)
	}
	s.made[path] = true
	return path, nil
}

// Filled is a file with the first n rows of row.A for p to export: DuckDB's own, and
// one that galley wrote for all others.
func (t *Trial) Filled(ctx context.Context, p peer.Peer, n int) (peer.File, error) {
	if p.Name() == "duckdb" {
		return t.sources.duckdb(ctx, n)
	}
	list, err := t.sources.shards(ctx, row.A, 1, n)
	if err != nil {
		return peer.File{}, err
	}
	path, err := os.ReadFile(list)
	if err != nil {
		return peer.File{}, err
	}
	return peer.File{Path: strings.TrimSpace(string(path)), Kind: row.A, Settings: peer.Settings{PageSize: t.PageSize}}, nil
}

// duckdb is a file that DuckDB's appender filled with n rows of row.A, once.
func (s *sources) duckdb(ctx context.Context, n int) (peer.File, error) {
	f := peer.File{Path: filepath.Join(s.dir, fmt.Sprintf("rows-%d.duckdb", n)), Kind: row.A}
	if s.made[f.Path] {
		return f, nil
	}
	found, err := peer.Select("duckdb")
	if err != nil {
		return f, err
	}
	conn, err := found[0].(peer.Opener).Open(ctx, f)
	if err != nil {
		return f, err
	}
	_, err = row.Stream(row.A, 0, n, 10_000, func(b row.Batch) error { return conn.Append(ctx, b) })
	if err = errors.Join(err, conn.Close()); err != nil {
		return f, fmt.Errorf("rows for DuckDB: %w", err)
	}
	s.made[f.Path] = true
	return f, nil
}
