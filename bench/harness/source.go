package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/row"
)

// sources are the files that programs read rows from, each made once.
type sources struct {
	dir  string
	made map[string]bool
}

func (s *sources) get(ctx context.Context, k row.Kind, from, n int) (string, error) {
	if k == row.AKeyed || k == row.AIndexed {
		k = row.A // the rows are the same
	}
	path := filepath.Join(s.dir, fmt.Sprintf("source-%s-%d-%d.db", k, from, n))
	if s.made[path] {
		return path, nil
	}
	conn, err := peer.Plain.Open(ctx, peer.File{Path: path, Kind: k, Settings: peer.Settings{PageSize: 16384}})
	if err != nil {
		return "", err
	}
	_, err = row.Stream(k, from, n, 10_000, func(b row.Batch) error { return conn.Append(ctx, b) })
	if err = errors.Join(err, conn.Close()); err != nil {
		return "", fmt.Errorf("source of rows: %w", err)
	}
	s.made[path] = true
	return path, nil
}

// drop removes a file that is not needed again.
func (s *sources) drop(path string) error {
	delete(s.made, path)
	return os.Remove(path)
}
