package transfer

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// A merge whose rows do not fit on the disk is refused before anything is written.
func TestMergeNeedsRoom(t *testing.T) {
	a := newShard(t)
	add(a, "a", measureRows(0, 150_000)...)
	dst, err := sqlite.Open(t.Context(), filepath.Join(smallDisk(t), "dst.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	if _, err := Merge(t.Context(), dst, []string{a.path}, MergeOptions{}); !errors.Is(err, store.ErrDiskFull) {
		t.Errorf("%v, want ErrDiskFull", err)
	}
	if tables, err := dst.Tables(t.Context()); err != nil || len(tables) > 0 {
		t.Errorf("%d tables, %v", len(tables), err)
	}
}

// mergeFrom merges a file of rows 0 to 4 that lies in a folder where this process
// may write nothing beside it, and looks for what is left of a copy.
func mergeFrom(t *testing.T, path string) {
	t.Helper()
	dst, temp := fixture.NewDB(t), t.TempDir()
	before := readFile(t, path)
	if _, err := Merge(t.Context(), dst, []string{path}, MergeOptions{TempDir: temp}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(upTo(5), numbers(t, dst, "measure")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if !cmp.Equal(before, readFile(t, path)) {
		t.Error("the source was changed")
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// killedShard is a file of rows 0 to 4 in dir, the last of which are in its -wal:
// the process that wrote it was killed.
func killedShard(t *testing.T, dir string) string {
	t.Helper()
	a, path := newShard(t), filepath.Join(dir, "killed.db")
	add(a, "a", measureRows(0, 3)...)
	a.do(func(db *sqlite.DB) {
		addTo(t, db, "b", measureRows(3, 2)...)
		for _, suffix := range []string{"", "-wal"} {
			writeFile(t, path+suffix, readFile(t, a.path+suffix))
		}
	})
	return path
}

// A source in a read-only folder is read from a copy if its -wal has rows.
func TestMergeReadOnlyFolder(t *testing.T) {
	dir := smallDisk(t)
	path := killedShard(t, dir)
	if out, err := exec.Command("mount", "-o", "remount,ro", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	mergeFrom(t, path)
}

// A source on a network file system, where SQLite opens no file, is read from a
// copy.
func TestMergeNetworkSource(t *testing.T) {
	if len(mounts()) == 0 {
		t.Skip("it takes a network file system; run scripts/nfs.sh")
	}
	dir, err := os.MkdirTemp(mounts()[0], "merge")
	if err != nil {
		t.Fatal(err)
	}
	path := killedShard(t, dir)
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{ReadOnly: true}); !errors.Is(err, store.ErrUnsupportedFS) {
		t.Errorf("open: %v, want ErrUnsupportedFS", err)
	}
	mergeFrom(t, path)
}
