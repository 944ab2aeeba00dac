package sqlite

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestLastRowid: another program has used up the rowids of a table. Appends
// store every row, and reads return each once, though not in the order in which
// they came: SQLite chooses numbers at random then.
func TestLastRowid(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	keyed := pointSchema(t, "keyed", func(cs []schema.Column) { cs[1].Key = true })
	must(t, db.Ensure(t.Context(), keyed, store.Strict))
	for _, start := range []int64{math.MaxInt64 - 3, math.MaxInt64} {
		byHand(t, path, "DELETE FROM points; DELETE FROM galley_batches")
		c := openForeign(t, path)
		st, _, err := c.Prepare("INSERT INTO points (rowid, name, n, x) VALUES (?, 'p0', 0, 0)")
		must(t, err)
		must(t, st.BindInt64(1, start))
		must(t, st.Exec())
		must(t, st.Close())
		n := 1
		for _, size := range []int{1, 10, 100} {
			key := string(rune('a' + n%7))
			for range 2 { // the second time the key is known
				_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(n, size), Key: key})
				must(t, err)
			}
			n += size
			got := readPoints(t, db, s)
			less := func(a, b point) bool { return a.N < b.N }
			if diff := cmp.Diff(makePoints(0, n), got, cmpopts.SortSlices(less)); diff != "" {
				t.Fatalf("from rowid %d, %d rows more (-want +got):\n%.2000s", start, size, diff)
			}
		}
	}
	ends := points{{"max", math.MaxInt64, 1}, {"min", math.MinInt64, 2}, {"last but one", math.MaxInt64 - 1, 3}}
	for _, mode := range []schema.Mode{schema.Append, schema.Upsert, schema.Ignore} {
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: keyed, Rows: ends, Mode: mode})
		must(t, err)
	}
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: keyed, Rows: makePoints(0, 100)})
	must(t, err)
	wantPoints(t, db, keyed, append(ends, makePoints(0, 100)...))
}
