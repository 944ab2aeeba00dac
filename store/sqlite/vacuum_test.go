package sqlite

import (
	"errors"
	"os"
	"testing"

	"github.com/galley-db/galley/store"
)

func TestVacuumKeepsRows(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	insert := func(ps points) {
		t.Helper()
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: ps}); err != nil {
			t.Fatal(err)
		}
	}
	insert(makePoints(0, 50_000))
	insert(makePoints(50_000, 3))
	if err := db.file.exclusively(t.Context(), func(w *writer) error {
		return w.conn.Exec("DELETE FROM points WHERE n < 50000")
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Checkpoint(t.Context(), Truncate); err != nil {
		t.Fatal(err)
	}
	before := size(t, path)
	if err := db.Vacuum(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := size(t, path); after*4 > before {
		t.Errorf("%d bytes before, %d after, want at most a quarter", before, after)
	}
	// What was prepared before still works.
	insert(makePoints(60_000, 500))
	if n := len(readPoints(t, db, s)); n != 503 {
		t.Errorf("%d rows, want 503", n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Vacuum(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("closed: %v, want %v", err, store.ErrClosed)
	}
	reading := openTest(t, path, Options{ReadOnly: true})
	if err := reading.Vacuum(t.Context()); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("read-only: %v, want %v", err, store.ErrReadOnly)
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
