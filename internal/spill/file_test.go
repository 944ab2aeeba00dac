package spill

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// TestFile: what several goroutines write at once is read back, and the folder is
// empty afterwards.
func TestFile(t *testing.T) {
	f := &File{Dir: t.TempDir()}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			want := []byte{byte(i), byte(i + 1), byte(i + 2)}
			at, err := f.Write(want)
			if err != nil {
				t.Error(err)
			}
			got := make([]byte, 3)
			if err := f.Read(got, at); err != nil || string(got) != string(want) {
				t.Errorf("%v at %d, %v; want %v", got, at, err, want)
			}
		})
	}
	all.Wait()
	if f.end != 24 {
		t.Errorf("it has %d bytes, want 24", f.end)
	}
	if f.Reset(); f.end != 0 {
		t.Errorf("it has %d bytes after Reset", f.end)
	}
	if left, err := os.ReadDir(f.Dir); runtime.GOOS != "windows" && (err != nil || len(left) > 0) {
		t.Errorf("the file has a name: %v, %v", left, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Read(make([]byte, 1), 0); !errors.Is(err, os.ErrClosed) {
		t.Errorf("read after Close: %v", err)
	}
	if left, err := os.ReadDir(f.Dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestFileThatCannotBeCreated fails each Write, and takes nothing.
func TestFileThatCannotBeCreated(t *testing.T) {
	f := &File{Dir: filepath.Join(t.TempDir(), "missing")}
	for range 2 {
		if _, err := f.Write([]byte("a")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error is %v, want that of the missing folder", err)
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
