package storetest_test

import (
	"path/filepath"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/storetest"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// TestSQLite holds SQLite files against the suite.
func TestSQLite(t *testing.T) {
	paths := map[store.Backend]string{}
	open := func(t *testing.T, path string) store.Backend {
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		paths[db] = path
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
		return db
	}
	storetest.Suite{
		Open:  func(t *testing.T) store.Backend { return open(t, filepath.Join(t.TempDir(), "test.db")) },
		Again: func(t *testing.T, b store.Backend) store.Backend { return open(t, paths[b]) },
		ByHand: func(t *testing.T, b store.Backend, statements ...string) {
			c, err := sqlite3.Open(paths[b])
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for _, sql := range statements {
				if err := c.Exec(sql); err != nil {
					t.Fatalf("%s: %v", sql, err)
				}
			}
		},
	}.Run(t)
}
