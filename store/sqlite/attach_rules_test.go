package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// attachPair are two files with a table of the same key, of rows 0 to 3 and 2 to 5,
// and the first opened to be attached to the other, which other means have changed.
func attachPair(t *testing.T, change string, opts Options) (from, to *DB, s *schema.Schema) {
	t.Helper()
	s = recordTable(t, func(c []schema.Column) { c[0].Key = true })
	dir := t.TempDir()
	for i, name := range []string{"from.db", "to.db"} {
		db := openTest(t, filepath.Join(dir, name), Options{})
		must(t, db.Ensure(t.Context(), s, store.Strict))
		var rows recordRows
		for n := range 4 {
			rows = append(rows, recordRow{n: int64(n + 2*i)})
		}
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: rows}); err != nil {
			t.Fatal(err)
		}
		must(t, db.Close())
	}
	c := openForeign(t, filepath.Join(dir, "to.db"))
	must(t, c.Exec(change))
	must(t, c.Close())
	from, err := OpenClosed(t.Context(), filepath.Join(dir, "from.db"), Options{})
	must(t, err)
	t.Cleanup(func() { must(t, from.Close()) })
	return from, openTest(t, filepath.Join(dir, "to.db"), opts), s
}

// A trigger or a rule of the table that drops rows fails an attached batch, which
// leaves nothing.
func TestAttachedRowsAreNotDropped(t *testing.T) {
	for name, change := range map[string]string{
		"trigger": "DELETE FROM record; CREATE TRIGGER half BEFORE INSERT ON record WHEN NEW.n % 2 = 1 BEGIN SELECT RAISE(IGNORE); END",
		"conflict clause": "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = replace(sql, 'PRIMARY KEY DESC', 'PRIMARY KEY DESC ON CONFLICT IGNORE') " +
			"WHERE name = 'record'; PRAGMA writable_schema=RESET",
	} {
		t.Run(name, func(t *testing.T) {
			from, db, s := attachPair(t, change, Options{})
			before := leaves(t, db, "record")
			in, err := db.BeginFrom(from, "", nil, &store.Batch{Schema: s}, nil)
			must(t, err)
			defer in.Close()
			res, err := in.Try(t.Context())
			var altered *store.MismatchError
			if name == "trigger" && !errors.Is(err, store.ErrRowsLost) || name != "trigger" && !errors.As(err, &altered) {
				t.Errorf("%+v, %v", res, err)
			}
			if after := leaves(t, db, "record"); len(after) != len(before) {
				t.Errorf("%d rows after, %d before", len(after), len(before))
			}
		})
	}
}

// batchesSeen is an observer of batches.
type batchesSeen []store.BatchEvent

func (b *batchesSeen) Batch(_ context.Context, e store.BatchEvent) { *b = append(*b, e) }
func (b *batchesSeen) Checkpoint(store.CheckpointEvent)            {}

// An attached batch is reported and counted as any other: stored, and refused.
func TestAttachedBatchIsObserved(t *testing.T) {
	seen := &batchesSeen{}
	from, db, s := attachPair(t, "DELETE FROM record WHERE n > 4", Options{Observer: seen})
	for _, test := range []struct {
		where, arg string
		rows       int64
		fails      bool
	}{{"n < ?", "2", 2, false}, {"n > ?", "1", 0, true}} {
		*seen = nil
		before := db.Stats()
		in, err := db.BeginFrom(from, test.where, []string{test.arg}, &store.Batch{Schema: s}, nil)
		must(t, err)
		_, err = in.Try(t.Context())
		in.Close()
		if (err != nil) != test.fails {
			t.Fatal(err)
		}
		if len(*seen) != 1 {
			t.Fatalf("%d events, want 1", len(*seen))
		}
		e := (*seen)[0]
		if e.Table != "record" || e.Attempts != 1 || e.Result.Inserted != test.rows || int64(e.Rows) != test.rows || e.Hold <= 0 || !errors.Is(e.Err, err) {
			t.Errorf("event %+v after %v", e, err)
		}
		after := db.Stats()
		stored := int64(1)
		if test.fails {
			stored = 0
		}
		if after.Batches-before.Batches != stored || after.Rows-before.Rows != test.rows || after.Groups-before.Groups != 1 ||
			after.Hold <= before.Hold || after.Errors.Row-before.Errors.Row != 1-stored {
			t.Errorf("stats %+v\nbefore %+v", after, before)
		}
	}
}
