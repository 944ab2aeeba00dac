package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
)

// TestUnsupportedFileSystem: every file system that is known to be a network's
// is refused before anything is created.
func TestUnsupportedFileSystem(t *testing.T) {
	path := tempPath(t)
	for _, name := range []string{"nfs", "smb", "9p", "fuse", "lustre"} {
		opts := Options{fileSystem: func(string) (fileid.FS, error) { return fileid.FS{Name: name, Unsafe: true}, nil }}
		if _, err := Open(t.Context(), path, opts); !errors.Is(err, store.ErrUnsupportedFS) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error is %v, want ErrUnsupportedFS that names it", name, err)
		}
	}
	failing := Options{fileSystem: func(string) (fileid.FS, error) { return fileid.FS{}, fs.ErrPermission }}
	if _, err := Open(t.Context(), path, failing); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error is %v, want fs.ErrPermission", err)
	}
	if left := names(t, filepath.Dir(path)); len(left) != 0 {
		t.Errorf("files were created: %v", left)
	}
}

// TestNoWAL: a file system without shared memory is refused, though SQLite
// itself calls setting the mode a success, and no file is left.
func TestNoWAL(t *testing.T) {
	v, opts := newFaults(t)
	path := tempPath(t)
	v.HideSharedMemory()
	if _, err := Open(t.Context(), path, opts); !errors.Is(err, ErrNoWAL) {
		t.Errorf("a new file: error is %v, want ErrNoWAL", err)
	}
	if left := names(t, filepath.Dir(path)); len(left) != 0 {
		t.Errorf("files were left: %v", left)
	}

	// A file that is not in WAL mode, as a Clear that was killed leaves it, and
	// that may not be changed.
	must(t, openTest(t, path, Options{}).Close())
	c := openForeign(t, path)
	must(t, c.Exec("PRAGMA journal_mode=DELETE"))
	must(t, c.Close())
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // it does not wait: no retry can help
	defer cancel()
	db, err := Open(ctx, path, Options{ReadOnly: true})
	if !errors.Is(err, ErrNoWAL) {
		t.Errorf("a file in rollback mode: error is %v, want ErrNoWAL", err)
	}
	if err == nil {
		must(t, db.Close())
	}
}

// TestDiskFull fills the disk: the batch is refused with ErrDiskFull, what was
// stored is whole, and appends succeed once there is room.
func TestDiskFull(t *testing.T) {
	testtime.Seconds(t)
	path := tempPath(t)
	v, opts := newFaults(t)
	db := openTest(t, path, opts)
	s := ensured(t, db)
	var l ledger
	insert := func(id, rows int) error {
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: batchPoints(id, rows)})
		l.note("points", id, rows, err)
		return err
	}
	id := 0
	for _, room := range []int64{0, 1, 4095, 8192, 20_000, 100_000, 400_000} {
		v.SetRoom(room)
		var err error
		for range 200 {
			id++
			if err = insert(id, 500); err != nil {
				break
			}
		}
		if !errors.Is(err, store.ErrDiskFull) || errors.Is(err, store.ErrCommitUnknown) || db.Retryable(err) {
			t.Errorf("with room for %d bytes: error is %v, want ErrDiskFull, and that nothing is stored", room, err)
		}
		if err := lockIsFree(path); err != nil {
			t.Errorf("the lock: %v", err)
		}
		if _, err := db.Checkpoint(t.Context(), Truncate); err != nil && !errors.Is(err, store.ErrDiskFull) {
			t.Errorf("checkpoint on a full disk: error is %v, want ErrDiskFull", err)
		}
		v.SetRoom(-1)
		id++
		if err := insert(id, 500); err != nil {
			t.Errorf("once there is room: %v", err)
		}
	}
	for _, wrong := range l.compare(path) {
		t.Error(wrong)
	}
}
