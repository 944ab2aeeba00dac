package table_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"go.uber.org/goleak"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// scan is the row of most tests here.
type scan struct {
	Subject string
	Region  string
	Volume  float64
	Voxels  int64
	Good    bool
}

// makeScans returns n rows that count from first.
func makeScans(first, n int) []scan {
	rows := make([]scan, n)
	for i := range rows {
		k := first + i
		rows[i] = scan{"sub-01", []string{"left", "right", ""}[k%3], float64(k) / 3, int64(k), k%2 == 0}
	}
	return rows
}

// tempPath returns the path of a database that does not exist yet, and checks
// its integrity at the end of the test, and that no goroutine is left.
func tempPath(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		checkIntegrity(t, path)
		goleak.VerifyNone(t, before)
	})
	return path
}

// checkIntegrity asks the engine, through a connection of its own, whether
// the file is whole.
func checkIntegrity(t testing.TB, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		return
	}
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Errorf("open for the integrity check: %v", err)
		return
	}
	defer c.Close()
	s, _, err := c.Prepare("PRAGMA integrity_check")
	if err != nil {
		t.Errorf("integrity check: %v", err)
		return
	}
	defer s.Close()
	for s.Step() {
		if got := s.ColumnText(0); got != "ok" {
			t.Errorf("integrity check: %s", got)
		}
	}
	if err := s.Err(); err != nil {
		t.Errorf("integrity check: %v", err)
	}
}

// openDB opens a database and closes it at the end of the test.
func openDB(t testing.TB, path string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// openTable opens the table of T in a database.
func openTable[T any](t testing.TB, db store.Backend, opts table.Options[T]) *table.Table[T] {
	t.Helper()
	tab, err := table.Open(context.Background(), db, opts)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// collect returns the rows of a sequence.
func collect[T any](t testing.TB, rows iter.Seq2[T, error]) []T {
	t.Helper()
	all := []T{}
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return all
}

var errStop = errors.New("stop")
