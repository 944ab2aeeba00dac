package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
)

// full is a disk without room.
type full struct{}

var errFull = errors.New("no room")

func (full) Write([]byte) (int, error) { return 0, errFull }

// Whatever cannot print its result fails.
func TestNoRoom(t *testing.T) {
	testtime.Seconds(t)
	path, dir := scanDB(t), t.TempDir()
	for _, args := range [][]string{
		{"help"}, {"status", path}, {"tables", path}, {"schema", path}, {"head", path, "scan"}, {"query", path, "SELECT 1"},
		{"batches", path, "scan"}, {"profile", path, "scan"}, {"doctor", path}, {"checkpoint", path}, {"vacuum", path},
		{"backup", path, filepath.Join(dir, "copy.db")}, {"export", path, "-o", dir}, {"import", filepath.Join(dir, "new.db"), "t", filepath.Join(dir, "scan.parquet")},
		{"copy", path, filepath.Join(dir, "other.db")}, {"watch", path, "--count", "1"}, {"man", filepath.Join(dir, "man")}, {"completion", "bash"}, {"clear", path, "--yes"},
	} {
		var errs bytes.Buffer
		status := run(t.Context(), args, strings.NewReader(""), full{}, &errs)
		if status != exitFailed || !strings.Contains(errs.String(), errFull.Error()) {
			t.Errorf("galley %s: status %d, %q; want %d and %v", strings.Join(args, " "), status, errs.String(), exitFailed, errFull)
		}
	}
}

// An interrupted verb says so, and has a status of its own.
func TestInterrupted(t *testing.T) {
	path, dir := scanDB(t), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{
		{"head", path, "scan"}, {"export", path, "-o", dir}, {"import", filepath.Join(dir, "new.db"), "t", file(t, "a.csv", "a\n1\n")}, {"doctor", path}, {"vacuum", path},
	} {
		var out, errs bytes.Buffer
		if status := run(ctx, args, strings.NewReader(""), &out, &errs); status != exitInterrupted || !strings.Contains(errs.String(), "interrupted") {
			t.Errorf("galley %s: status %d, %q, want %d", strings.Join(args, " "), status, errs.String(), exitInterrupted)
		}
	}
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	var errs bytes.Buffer
	if status := run(ctx, []string{"watch", path, "--every", "10ms"}, nil, writerFunc(func() { cancel() }), &errs); status != exitInterrupted {
		t.Errorf("watch: status %d, %q", status, errs.String())
	}
}

type writerFunc func()

func (f writerFunc) Write(p []byte) (int, error) { f(); return len(p), nil }
