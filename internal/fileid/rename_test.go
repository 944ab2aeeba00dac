package fileid

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRenameNoReplace(t *testing.T) {
	t.Chdir(folder(t))
	write(t, "a")
	write(t, "b")
	err := RenameNoReplace("a", "b")
	if _, ok := errors.AsType[*os.LinkError](err); !ok || !errors.Is(err, fs.ErrExist) {
		t.Errorf("RenameNoReplace onto a file = %v, want a *os.LinkError that is fs.ErrExist", err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, []string{content(t, "a"), content(t, "b")}); diff != "" {
		t.Errorf("content (-want +got):\n%s", diff)
	}
	id := stated(t, "a").ID
	if err := RenameNoReplace("a", "c"); err != nil {
		t.Fatal(err)
	}
	if got := stated(t, "c"); got.ID != id || got.Links != 1 {
		t.Errorf("%+v came to its place, want %v with one link", got, id)
	}
	if _, err := Stat("a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old name is still there: %v", err)
	}
	if err := RenameNoReplace("a", "d"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("RenameNoReplace of nothing = %v, want fs.ErrNotExist", err)
	}
}

// Of many concurrent renames one wins, and the others return an error.
func TestRenameNoReplaceRace(t *testing.T) {
	dir := folder(t)
	var wg sync.WaitGroup
	var won atomic.Int32
	for i := range 16 {
		name := filepath.Join(dir, string(rune('a'+i)))
		write(t, name)
		wg.Go(func() {
			switch err := RenameNoReplace(name, filepath.Join(dir, "new")); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, fs.ErrExist):
				t.Errorf("RenameNoReplace = %v, want nil or fs.ErrExist", err)
			}
		})
	}
	wg.Wait()
	left, err := os.ReadDir(dir)
	if err != nil || won.Load() != 1 || len(left) != 16 {
		t.Errorf("%d won and %d files are left (%v), want 1 and 16", won.Load(), len(left), err)
	}
}
