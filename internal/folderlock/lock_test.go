package folderlock

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// Goroutines hold the lock one at a time, though each removes the file that it
// locked while others wait for it. The last leaves nothing behind.
func TestOneAtATime(t *testing.T) {
	dir := t.TempDir()
	var inside, most atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				l, err := Acquire(t.Context(), dir, nil)
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n > 1 {
					most.Store(n)
				}
				inside.Add(-1)
				l.Release()
			}
		})
	}
	all.Wait()
	if most.Load() > 1 {
		t.Errorf("%d held the lock at once", most.Load())
	}
	if _, err := os.Stat(filepath.Join(dir, Name)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the lock file: %v", err)
	}
}

// A lock whose file another process has left behind, or removed, is taken.
func TestFileLeftBehind(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, Name)
	if err := os.WriteFile(path, []byte("process 1 on nowhere"), 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := Acquire(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	second, err := Acquire(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	first.Release()
	ctx, cancel := context.WithCancel(t.Context())
	_, err = Acquire(ctx, dir, func(string) { cancel() })
	var held *HeldError
	if !errors.As(err, &held) || !errors.Is(err, context.Canceled) {
		t.Errorf("the second lock did not survive the release of the first: %v", err)
	}
	second.Release()
}

// A lock on a file that its holder has removed since it was opened is none:
// another process may have the lock on a new file of the name.
func TestFileRemovedWhileWaiting(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, Name)
	f, err := open(dir, path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := (&Lock{f}).take(path); !errors.Is(err, errHeld) {
		t.Errorf("%v, want %v", err, errHeld)
	}
}
