package sqlite

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

func indexedAndUnique(columns []schema.Column) {
	columns[0].Index, columns[2].Index, columns[1].Unique = "name", "x", "n"
}

// indexesOf are the names of the indexes that were created after their table.
func indexesOf(t *testing.T, db *DB) (names []string) {
	t.Helper()
	err := db.file.exclusively(t.Context(), func(w *writer) (err error) {
		names, err = w.conn.texts("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql <> '' ORDER BY name")
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return names
}

// load creates a table without its indexes and gives it rows.
func load(t *testing.T, db *DB, s *schema.Schema) {
	t.Helper()
	for range 2 { // the second is that of another load, which goes on
		if missing, err := db.EnsureForLoad(t.Context(), s, store.Strict); err != nil || !missing {
			t.Fatalf("indexes are missing: %v (%v), want true", missing, err)
		}
	}
	if have := indexesOf(t, db); len(have) > 0 {
		t.Errorf("indexes before the load: %v", have)
	}
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 100)}); err != nil {
		t.Fatal(err)
	}
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(99, 1)})
	if !errors.Is(err, store.ErrConstraint) {
		t.Errorf("a value that is there: %v, want ErrConstraint", err)
	}
}

// A table that is created for a load gets its indexes from the caller that opens it
// next, as any table does: after the load, or, if the load was interrupted, in
// another process. A UNIQUE rule holds at once.
func TestEnsureForLoad(t *testing.T) {
	s := pointSchema(t, "points", indexedAndUnique)
	want := []string{s.IndexName("name"), s.IndexName("x")}
	history := func(db *DB) (text string) {
		text, err := store.Value[string](t.Context(), db, "SELECT changes FROM galley_history")
		if err != nil {
			t.Error(err)
		}
		return text
	}
	for name, open := range map[string]func(path string, db *DB) *DB{
		"after the load": func(_ string, db *DB) *DB { return db },
		"in another process": func(path string, db *DB) *DB {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			reader := openTest(t, path, Options{ReadOnly: true})
			if err := reader.Ensure(t.Context(), s, store.Strict); err != nil {
				t.Errorf("read-only: %v", err)
			}
			if err := reader.Close(); err != nil {
				t.Error(err)
			}
			return openTest(t, path, Options{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := tempPath(t)
			db := openTest(t, path, Options{})
			load(t, db, s)
			if text := history(db); text != "created\n"+unindexed {
				t.Errorf("the history says %q", text)
			}
			db = open(path, db)
			for range 2 {
				if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, indexesOf(t, db)); diff != "" {
					t.Errorf("indexes (-want +got):\n%s", diff)
				}
			}
			if missing, err := db.EnsureForLoad(t.Context(), s, store.Strict); missing || err != nil {
				t.Errorf("indexes are missing: %v (%v)", missing, err)
			}
			if text := history(db); text != "created" {
				t.Errorf("the history says %q", text)
			}
		})
	}
}

// A table that is changed before it has its indexes gets those that it should have by
// then.
func TestEnsureForLoadThenEvolve(t *testing.T) {
	s := pointSchema(t, "points", indexedAndUnique)
	for name, change := range map[string]struct {
		how  store.Evolution
		edit func([]schema.Column)
	}{
		"index dropped": {store.Additive, func(c []schema.Column) { indexedAndUnique(c); c[2].Index = "" }},
		"index added":   {store.Additive, func(c []schema.Column) { indexedAndUnique(c); c[1].Index = "n" }},
		"rebuilt":       {store.Rebuild, func(c []schema.Column) { indexedAndUnique(c); c[2].Nullable = true }},
		"index widened": {store.Additive, func(c []schema.Column) { indexedAndUnique(c); c[0].Index = "x" }},
	} {
		t.Run(name, func(t *testing.T) {
			db, fresh := openTest(t, tempPath(t), Options{}), openTest(t, tempPath(t), Options{})
			load(t, db, s)
			if err := fresh.Ensure(t.Context(), s, store.Strict); err != nil {
				t.Fatal(err)
			}
			next := pointSchema(t, "points", change.edit)
			for _, b := range []*DB{db, fresh} {
				if err := b.Ensure(t.Context(), next, change.how); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(indexesOf(t, fresh), indexesOf(t, db)); diff != "" {
				t.Errorf("indexes (-want +got):\n%s", diff)
			}
		})
	}
}

// If the indexes cannot be written, the table stays as it was, and the next Ensure
// creates them.
func TestEnsureForLoadFails(t *testing.T) {
	s := pointSchema(t, "points", indexedAndUnique)
	v, opts := newFaults(t)
	for nth := 1; ; nth++ {
		db := openTest(t, tempPath(t), opts)
		load(t, db, s)
		v.Arm(faultvfs.Fault{On: faultvfs.Write, Suffix: "-wal", Nth: nth})
		failed := db.Ensure(t.Context(), s, store.Strict)
		fired := v.Disarm()
		if (failed != nil) != (fired > 0) {
			t.Errorf("write %d: %v, and %d faults", nth, failed, fired)
		}
		if have := indexesOf(t, db); failed != nil && len(have) > 0 && !errors.Is(failed, store.ErrCommitUnknown) {
			t.Errorf("write %d: indexes %v after %v", nth, have, failed)
		}
		if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
			t.Errorf("write %d: again: %v", nth, err)
		}
		if have := indexesOf(t, db); len(have) != 2 {
			t.Errorf("write %d: indexes %v", nth, have)
		}
		if fired == 0 || t.Failed() {
			break
		}
	}
}

// The history does not say that indexes are missing once they exist, or once no struct
// asks for them, however that came to be.
func TestHistoryOfMissingIndexes(t *testing.T) {
	s := pointSchema(t, "points", indexedAndUnique)
	renamed := pointSchema(t, "renamed", indexedAndUnique)
	must := func(t *testing.T, errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		change func(t *testing.T, db *DB)
		want   []string
	}{
		"no index is asked for": {func(t *testing.T, db *DB) {
			bare := pointSchema(t, "points", func(c []schema.Column) { c[1].Unique = "n" })
			must(t, db.Ensure(t.Context(), bare, store.Rebuild))
		}, nil},
		"renamed": {func(t *testing.T, db *DB) { must(t, db.Rename(t.Context(), "points", "renamed")) },
			[]string{renamed.IndexName("name"), renamed.IndexName("x")}},
		"dropped and created": {func(t *testing.T, db *DB) {
			_, err := db.Drop(t.Context(), "points")
			must(t, err, db.Ensure(t.Context(), s, store.Strict))
		}, []string{s.IndexName("name"), s.IndexName("x")}},
	} {
		t.Run(name, func(t *testing.T) {
			db := openTest(t, tempPath(t), Options{})
			load(t, db, s)
			c.change(t, db)
			if diff := cmp.Diff(c.want, indexesOf(t, db)); diff != "" {
				t.Errorf("indexes (-want +got):\n%s", diff)
			}
			n, err := store.Value[int](t.Context(), db, "SELECT count(*) FROM galley_history WHERE changes LIKE '%without its indexes%'")
			if err != nil || n != 0 {
				t.Errorf("%d entries of the history say that indexes are missing (%v)", n, err)
			}
		})
	}
}

// Ensure that is interrupted while it creates indexes returns the error of its
// context, and leaves the table as it was.
func TestEnsureForLoadInterrupted(t *testing.T) {
	s := pointSchema(t, "points", indexedAndUnique)
	db := openTest(t, tempPath(t), Options{})
	load(t, db, s)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.file.exclusively(t.Context(), func(w *writer) error {
		cancel()
		return w.ensure(ctx, s, store.Strict, false)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if have := indexesOf(t, db); len(have) > 0 {
		t.Errorf("indexes %v after an interruption", have)
	}
	if err := db.Ensure(t.Context(), s, store.Strict); err != nil || len(indexesOf(t, db)) != 2 {
		t.Errorf("%d indexes (%v), want 2", len(indexesOf(t, db)), err)
	}
}

// The indexes of a large table are moved from the WAL into the file as they are
// written: no commit may follow.
func TestEnsureForLoadKeepsWALShort(t *testing.T) {
	s := pointSchema(t, "points", indexedAndUnique)
	db := openTest(t, tempPath(t), Options{WALBytes: 1 << 17})
	if _, err := db.EnsureForLoad(t.Context(), s, store.Strict); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 20_000)}); err != nil {
		t.Fatal(err)
	}
	before, err := db.Checkpoint(t.Context(), Truncate)
	if err != nil || !before.Complete {
		t.Fatalf("%+v, %v", before, err)
	}
	n := db.Stats().Checkpoints
	if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
		t.Fatal(err)
	}
	if db.Stats().Checkpoints == n {
		t.Errorf("no checkpoint after indexes of %d bytes", db.Stats().WALBytes)
	}
}
