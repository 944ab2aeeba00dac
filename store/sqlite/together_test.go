package sqlite

import (
	"errors"
	"fmt"
	"testing"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestTogetherUnderFaults lets the nth call of the operating system fail while rows
// of three tables are stored together: all tables have their rows, or none has. A
// COMMIT with an unknown outcome is settled by the key.
func TestTogetherUnderFaults(t *testing.T) {
	names := []string{"points", "others", "third"}
	for _, on := range []faultvfs.Op{faultvfs.Write, faultvfs.Sync} {
		for _, rows := range []int{2, 60} {
			for n := 1; ; n++ {
				v, opts := newFaults(t)
				opts.Durability = Full
				path, remove := folder(t, memoryDir(t), 5_000_000+1000*int(on)+100*rows+n)
				db, err := Open(t.Context(), path, opts)
				if err != nil {
					t.Fatal(err)
				}
				batch := func(id int) *store.Batch {
					var all []*store.Batch
					for _, name := range names {
						s := ensuredAs(t, db, name)
						all = append(all, &store.Batch{Schema: s, Rows: batchPoints(id, rows), Key: fmt.Sprint(id)})
					}
					all[0].With = all[1:]
					return all[0]
				}
				b := batch(1)
				v.Arm(faultvfs.Fault{On: on, Suffix: "-wal", After: n%2 == 0, Nth: n})
				res, err := store.Insert(t.Context(), db, b)
				fired := v.Disarm()
				var l ledger
				if err == nil && (!res.Applied || res.Inserted != int64(3*rows)) {
					t.Errorf("%+v, want %d rows", res, 3*rows)
				}
				for _, name := range names {
					l.note(name, 1, rows, err)
				}
				if errors.Is(err, store.ErrCommitUnknown) {
					_, err = store.Insert(t.Context(), db, b)
					for _, name := range names {
						l.note(name, 1, rows, err)
					}
				}
				_, again := store.Insert(t.Context(), db, batch(2))
				for _, name := range names {
					l.note(name, 2, rows, again)
				}
				if again != nil {
					t.Errorf("call %d: the next batch: %v", n, again)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				for _, wrong := range l.compare(path) {
					t.Errorf("%v, call %d: %s", on, n, wrong)
				}
				if first := l.want[names[0]][1]; !first.unknown {
					stored := map[bool]int{}
					for _, name := range names {
						stored[l.want[name][1].stored]++
					}
					if len(stored) != 1 {
						t.Errorf("call %d: %v", n, stored)
					}
				}
				remove()
				if fired == 0 || t.Failed() {
					break
				}
			}
		}
	}
}

// ensuredAs creates a table of points under another name.
func ensuredAs(t *testing.T, db *DB, name string) *schema.Schema {
	t.Helper()
	s := pointSchema(t, name)
	if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTogetherPartly has the key in one of two tables, and in another round a row
// that the second table refuses: nothing is stored in either.
func TestTogetherPartly(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	first, second := ensuredAs(t, db, "points"), ensuredAs(t, db, "others")
	batch := func(key string, rows points) *store.Batch {
		return &store.Batch{Schema: first, Rows: batchPoints(1, 40), Key: key, With: []*store.Batch{{Schema: second, Rows: rows, Key: key}}}
	}
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: second, Rows: batchPoints(2, 1), Key: "k"}); err != nil {
		t.Fatal(err)
	}
	_, err := store.Insert(t.Context(), db, batch("k", batchPoints(1, 1)))
	var partly *store.PartlyStoredError
	if !errors.As(err, &partly) || len(partly.Stored) != 1 || partly.Stored[0] != "others" {
		t.Errorf("error is %v, want a *PartlyStoredError of others", err)
	}
	if got := readPoints(t, db, first); len(got) != 0 {
		t.Errorf("%d rows, want none", len(got))
	}
}
