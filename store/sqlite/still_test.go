package sqlite

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/store"
)

// TestReadOnlyLeavesNothing: a DB that only reads removes the -wal and -shm that
// it created, and leaves those that another process uses.
func TestReadOnlyLeavesNothing(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10)}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	ro := openTest(t, path, Options{ReadOnly: true})
	wantPoints(t, ro, s, makePoints(0, 10))
	if err := ro.Close(); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + suffix); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was left behind: %v", suffix, err)
		}
	}
	after, err := os.Stat(path)
	if err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the file was changed at %v, %v; before at %v", after.ModTime(), err, before.ModTime())
	}

	ro = openTest(t, path, Options{ReadOnly: true})
	other := openForeign(t, path) // as another process
	if err := other.Exec("SELECT count(*) FROM points"); err != nil {
		t.Fatal(err)
	}
	if err := ro.Close(); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + suffix); err != nil {
			t.Errorf("%s of another process is gone: %v", suffix, err)
		}
	}
}

// TestStillChanged: a file that is read as it lies is not read on after a change.
func TestStillChanged(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"none":          func(string) error { return nil },
		"an empty -wal": func(path string) error { return os.WriteFile(path+"-wal", nil, 0o600) },
		"a -wal":        func(path string) error { return os.WriteFile(path+"-wal", []byte("x"), 0o600) },
		"removed":       os.Remove,
		"a change": func(path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			later := info.ModTime().Add(1)
			return os.Chtimes(path, later, later)
		},
	} {
		path := tempPath(t)
		db := openTest(t, path, Options{})
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		ro := openTest(t, path, Options{ReadOnly: true})
		info, err := fileid.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		// As arrange does where the -shm cannot be created.
		ro.file.guard.still = &still{path, info.ID, info.Size, info.Changed}
		ro.file.readers.watch(ro.file.guard)
		if err := os.Remove(path + "-wal"); err != nil {
			t.Fatal(err)
		}
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		err = ro.file.readers.unchanged()
		if want := name != "none" && name != "an empty -wal"; errors.Is(err, ErrFileReplaced) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBackupOfWhatIsOnlyRead: a file that this process may only read has a backup, which
// its owner can write to. There is none of a file that changes meanwhile.
func TestBackupOfWhatIsOnlyRead(t *testing.T) {
	path, copied := tempPath(t), tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10)}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Close(), os.Chmod(path, 0o444)); err != nil {
		t.Fatal(err)
	}
	ro, err := OpenClosed(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ro.Close() })
	if err := ro.Backup(t.Context(), copied, nil); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm()&0o600 != 0o600 {
		t.Errorf("the backup is %v, %v; want one that its owner reads and writes", info.Mode(), err)
	}
	wantPoints(t, openTest(t, copied, Options{}), s, makePoints(0, 10))

	mixed := tempPath(t)
	err = ro.Backup(t.Context(), mixed, func(int, int) {
		if err := os.Chtimes(path, time.Time{}, time.Now()); err != nil {
			t.Error(err)
		}
	})
	if !errors.Is(err, ErrFileReplaced) {
		t.Errorf("a backup of a file that changes: %v, want %v", err, ErrFileReplaced)
	}
	if _, err := os.Stat(mixed); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a backup of a file that changed is there: %v", err)
	}
}
