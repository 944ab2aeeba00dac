package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
)

// plantWAL returns the -wal of a database of its own, at various times of its
// life: its first one, and one that was restarted by a commit that changes
// nothing but one page of a table.
func plantWAL(t testing.TB, pageSize int, anew bool) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	db := openTest(t, path, Options{PageSize: pageSize})
	s := ensured(t, db)
	if anew {
		for i := range 3 {
			if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(i, 1)}); err != nil {
				t.Fatal(err)
			}
			if _, err := db.Checkpoint(t.Context(), Restart); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(10, 1)}); err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(path + "-wal")
	if err != nil || len(wal) == 0 {
		t.Fatalf("%d bytes of WAL, %v", len(wal), err)
	}
	return wal
}

// TestPlantedWAL puts the WAL of another database beside a clean file of the
// same layout, which would take its pages: it is refused, whatever pages it
// holds, and the file does not change.
func TestPlantedWAL(t *testing.T) {
	testtime.Seconds(t)
	for _, anew := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "test.db")
		db := openTest(t, path, Options{})
		s := ensured(t, db)
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 5)}); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+"-wal", plantWAL(t, 8192, anew), 0o600); err != nil {
			t.Fatal(err)
		}
		db, err = Open(t.Context(), path, Options{})
		if !errors.Is(err, store.ErrNotGalley) || !strings.Contains(err.Error(), "another database") {
			t.Errorf("begun anew: %v: error is %v, want store.ErrNotGalley that speaks of another database", anew, err)
			if err == nil {
				db.Close()
			}
		}
		after, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(before, after) {
			t.Errorf("begun anew: %v: the refused Open has changed the file (%v)", anew, err)
		}
		if err := os.Remove(path + "-wal"); err != nil {
			t.Fatal(err)
		}
		db = openTest(t, path, Options{})
		wantPoints(t, db, s, makePoints(0, 5))
	}
}

// TestOrphanWAL: a -wal without its database is not taken for a new one's.
func TestOrphanWAL(t *testing.T) {
	testtime.Seconds(t)
	path := filepath.Join(t.TempDir(), "test.db")
	wal := plantWAL(t, 8192, false)
	if err := os.WriteFile(path+"-wal", wal, 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err := Open(t.Context(), path, Options{}); !errors.Is(err, store.ErrNotGalley) {
		t.Errorf("error is %v, want store.ErrNotGalley", err)
		if err == nil {
			db.Close()
		}
	}
	if got, err := os.ReadFile(path + "-wal"); err != nil || !bytes.Equal(got, wal) {
		t.Errorf("the -wal was changed (%v)", err)
	}
	from := openTest(t, filepath.Join(t.TempDir(), "from.db"), Options{})
	if err := from.Backup(t.Context(), path, nil); !errors.Is(err, store.ErrNotGalley) {
		t.Errorf("Backup beside it: error is %v, want store.ErrNotGalley", err)
	}
	if err := os.Remove(path + "-wal"); err != nil {
		t.Fatal(err)
	}
	openTest(t, path, Options{})
}

// TestTruncatedDatabase cuts a database to many lengths: Open refuses it or
// reads return an error. No process ever starts from scratch in it.
func TestTruncatedDatabase(t *testing.T) {
	testtime.Seconds(t)
	if runtime.GOOS == "windows" {
		t.Skip("a file that SQLite has open is not cut on Windows; run on Linux or macOS")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "whole.db")
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 3000)}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lengths := []int{0, 1, 15, 16, 99, 100, 101, 512, 4096, 8191, 8192, 8193, len(whole) / 2, len(whole) - 8192}
	for _, n := range lengths {
		cut := filepath.Join(dir, fmt.Sprint(n, ".db"))
		if err := os.WriteFile(cut, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := Open(t.Context(), cut, Options{})
		if err != nil {
			if !errors.Is(err, store.ErrNotGalley) {
				t.Errorf("%d bytes: error is %v, want store.ErrNotGalley", n, err)
			}
			continue
		}
		rows := 0
		err = db.Query(t.Context(), store.Select{Schema: s}, count(&rows))
		if err == nil && rows != 3000 { // what was cut off may be other tables'
			t.Errorf("%d bytes: %d rows were read without an error", n, rows)
		}
		db.Close()
	}
}

// TestDamagedHeader flips bits of a database's first page: Open and a query
// never panic, and what they return is right or an error.
func TestDamagedHeader(t *testing.T) {
	testtime.Seconds(t)
	dir := memoryDir(t)
	path := filepath.Join(dir, "whole.db")
	db := openTest(t, path, Options{PageSize: 512})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 50)}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for n := range pick(150, 3000) {
		b := bytes.Clone(whole)
		for range 1 + n%3 {
			b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
		}
		if n%2 == 0 {
			b[rng.IntN(100)] ^= 1 << rng.IntN(8)
		}
		openBytes(t, dir, b)
	}
}

// TestReplacedBeforeBegin: a file that was replaced is noticed before anything
// is written, not only when it has been.
func TestReplacedBeforeBegin(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let an open file be removed; run on Linux or macOS")
	}
	path := filepath.Join(t.TempDir(), "test.db")
	db := openTest(t, path, Options{})
	ensured(t, db)
	if err := os.Rename(path+"-wal", path+"-wal.old"); err != nil {
		t.Fatal(err)
	}
	err := db.file.exclusively(t.Context(), func(w *writer) error {
		if err := w.start(); err != nil {
			return err
		}
		w.undo()
		return nil
	})
	if !errors.Is(err, ErrFileReplaced) {
		t.Errorf("error is %v, want ErrFileReplaced", err)
	}
}
