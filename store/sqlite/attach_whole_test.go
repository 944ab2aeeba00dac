package sqlite

import (
	"strings"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Rows of another file move as whole cells, without being taken apart, into a table
// with a key or a UNIQUE rule if it is empty, and into one without them at any time.
// EXPLAIN cannot show this, since a program has both ways: the steps of the statement
// are counted.
func TestAttachedRowsMoveWhole(t *testing.T) {
	for name, c := range map[string]struct {
		change       func([]schema.Column)
		whole, later bool
	}{
		"plain":  {func([]schema.Column) {}, true, true},
		"loaded": {func(c []schema.Column) { c[0].Index = "name" }, true, true},
		"key":    {func(c []schema.Column) { c[1].Key = true }, true, false},
		"keys":   {func(c []schema.Column) { c[0].Key, c[1].Key = true, true }, true, false},
		"unique": {uniqueN, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			const rows = 500
			s := pointSchema(t, "points", c.change)
			db := openTest(t, tempPath(t), Options{})
			if _, err := db.EnsureForLoad(t.Context(), s, store.Strict); err != nil {
				t.Fatal(err)
			}
			steps := 0
			err := db.file.exclusively(t.Context(), func(w *writer) error {
				return w.conn.Trace(sqlite3.TRACE_PROFILE, func(_ sqlite3.TraceEvent, statement, _ any) error {
					if st := statement.(*sqlite3.Stmt); strings.Contains(st.SQL(), "NOT INDEXED") {
						steps = st.Status(sqlite3.STMTSTATUS_VM_STEP, false)
					}
					return nil
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []bool{c.whole, c.later} {
				path := tempPath(t)
				from := openTest(t, path, Options{})
				if err := from.Ensure(t.Context(), s, store.Strict); err != nil {
					t.Fatal(err)
				}
				if _, err := store.Insert(t.Context(), from, &store.Batch{Schema: s, Rows: makePoints(i*rows, rows)}); err != nil {
					t.Fatal(err)
				}
				if err := from.Close(); err != nil {
					t.Fatal(err)
				}
				steps = 0
				attachAll(t, db, path, s, rows)
				if whole := steps < 10*rows; steps == 0 || whole != want {
					t.Errorf("shard %d: %d steps for %d rows, as whole cells: %v, want %v", i, steps, rows, whole, want)
				}
			}
		})
	}
}
