package transfer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// Each batch comes once, with its rows and time, and a source that has grown gives
// its new rows only.
func TestMergeStoresEachBatchOnce(t *testing.T) {
	a, b, dst := newShard(t), newShard(t), fixture.NewDB(t)
	add(a, "a", measureRows(0, 3)...)
	add(a, "", measureRows(3, 2)...)
	add(a, "a", bareRows(0, 2)...)
	add(b, "b", measureRows(5, 2)...)
	add(b, "", bareRows(2, 3)...)
	add(b, "empty", []measure(nil)...)
	var want []store.StoredBatch
	for _, s := range []shard{a, b} {
		s.do(func(db *sqlite.DB) { want = append(want, ledger(t, db, "measure")...) })
	}
	before := readFile(t, a.path)
	mustMerge(t, dst, MergeOptions{}, 12, 4, a, b)
	if !cmp.Equal(before, readFile(t, a.path)) {
		t.Error("the source was changed")
	}
	if diff := cmp.Diff(want, ledger(t, dst, "measure")); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
	mustMerge(t, dst, MergeOptions{}, 0, 0, a, b)
	add(a, "more", measureRows(7, 2)...)
	add(a, "", measureRows(9, 1)...)
	add(a, "", bareRows(5, 1)...)
	add(a, "more", bareRows(6, 1)...)
	mustMerge(t, dst, MergeOptions{}, 5, 2, a, b)
	mustMerge(t, dst, MergeOptions{}, 0, 0, b, a)
	if diff := cmp.Diff(upTo(10), numbers(t, dst, "measure")); diff != "" {
		t.Errorf("measure (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(upTo(7), numbers(t, dst, "bare")); diff != "" {
		t.Errorf("bare (-want +got):\n%s", diff)
	}
	for i, row := range fixture.All[measure](t, dst, "measure") {
		if (row.Batch == "") != (row.N == 3 || row.N == 4 || row.N == 9) {
			t.Errorf("row %d: %+v", i, row)
		}
	}
}

// A key that both sides have is skipped or is a conflict, by its content.
func TestMergeConflict(t *testing.T) {
	for _, name := range []string{"measure", "bare"} {
		t.Run(name, func(t *testing.T) {
			put := func(s shard, key string, from, n int) {
				if name == "bare" {
					add(s, key, bareRows(from, n)...)
				} else {
					add(s, key, measureRows(from, n)...)
				}
			}
			a, b, c, dst := newShard(t), newShard(t), newShard(t), fixture.NewDB(t)
			put(a, "one", 0, 2)
			put(a, "two", 2, 2)
			put(b, "two", 2, 2)
			put(b, "three", 4, 2)
			r := mustMerge(t, dst, MergeOptions{}, 6, 3, a, b)
			if r.Present != 1 {
				t.Errorf("%d batches were present, want 1", r.Present)
			}
			put(c, "four", 6, 1)
			put(c, "two", 20, 2)
			var conflict *ConflictError
			_, err := Merge(t.Context(), dst, []string{c.path}, MergeOptions{})
			if !errors.As(err, &conflict) || conflict.Key != "two" || conflict.Table != name || conflict.Source != c.path || conflict.Destination != dst.Path() {
				t.Fatalf("%v, want a ConflictError of key two", err)
			}
			if diff := cmp.Diff(upTo(6), numbers(t, dst, name)); diff != "" {
				t.Errorf("after the conflict (-want +got):\n%s", diff)
			}
			r = mustMerge(t, dst, MergeOptions{OnConflict: Keep}, 1, 1, c)
			if r.Kept != 1 {
				t.Errorf("kept %d, want 1", r.Kept)
			}
			if diff := cmp.Diff(upTo(7), numbers(t, dst, name)); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
			if name == "bare" {
				return
			}
			r = mustMerge(t, dst, MergeOptions{OnConflict: Replace}, 2, 0, c)
			if r.Replaced != 1 {
				t.Errorf("replaced %d, want 1", r.Replaced)
			}
			if diff := cmp.Diff([]int64{0, 1, 4, 5, 6, 20, 21}, numbers(t, dst, name)); diff != "" {
				t.Errorf("replaced (-want +got):\n%s", diff)
			}
			mustMerge(t, dst, MergeOptions{}, 0, 0, c)
		})
	}
}

// Without a batch column, and with rows without a key, the rows of a key that both
// have cannot be identified.
func TestMergeConflictUndecided(t *testing.T) {
	a, b, dst := newShard(t), newShard(t), fixture.NewDB(t)
	add(a, "one", bareRows(0, 2)...)
	add(b, "", bareRows(2, 2)...)
	add(b, "one", bareRows(0, 2)...)
	mustMerge(t, dst, MergeOptions{}, 2, 1, a)
	var conflict *ConflictError
	if _, err := Merge(t.Context(), dst, []string{b.path}, MergeOptions{OnConflict: Keep}); !errors.As(err, &conflict) || !strings.Contains(err.Error(), "batch column") {
		t.Fatalf("%v, want a ConflictError", err)
	}
	if diff := cmp.Diff(upTo(2), numbers(t, dst, "bare")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Rows of tables with a key fail, change existing rows, or are left out.
func TestMergeKeyedTables(t *testing.T) {
	for mode, want := range map[schema.Mode]MergeReport{
		schema.Append: {},
		schema.Upsert: {Rows: 3, Changed: 1, Unchanged: 1, Batches: 2},
		schema.Ignore: {Rows: 3, Unchanged: 2, Batches: 2},
	} {
		a, b, dst := newShard(t), newShard(t), fixture.NewDB(t)
		add(a, "a", keyed{Subject: "1", N: 1}, keyed{Subject: "2", N: 2})
		add(b, "b", keyed{Subject: "1", N: 10})
		add(b, "", keyed{Subject: "3", N: 3}, keyed{Subject: "2", N: 2, Batch: "a"})
		got, err := Merge(t.Context(), dst, []string{a.path, b.path}, MergeOptions{Mode: mode})
		if mode == schema.Append {
			if !errors.Is(err, store.ErrConstraint) || len(numbers(t, dst, "keyed")) != 2 {
				t.Errorf("Append: %v, want ErrConstraint", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got.Rows != want.Rows || got.Changed != want.Changed || got.Unchanged != want.Unchanged || got.Batches != want.Batches {
			t.Errorf("mode %d: %+v, want %+v", mode, got, want)
		}
		mustMerge(t, dst, MergeOptions{Mode: mode}, 0, 0, a, b)
	}
}

// Shards of an older struct go into a newer table, in any order, and what does not
// fit is one error before anything is written.
func TestMergeColumns(t *testing.T) {
	type older struct {
		N int64
	}
	type newer struct {
		N    int64
		Note *string
	}
	type other struct {
		N    string
		Note *string
	}
	put := func(s shard, open func(db store.Backend) error) {
		s.do(func(db *sqlite.DB) {
			if err := open(db); err != nil {
				t.Fatal(err)
			}
		})
	}
	note := "x"
	a, b, c := newShard(t), newShard(t), newShard(t)
	put(a, appendAs(t, "scan", older{0}, older{1}))
	put(b, appendAs(t, "scan", newer{2, &note}, newer{3, nil}))
	put(c, appendAs(t, "scan", other{"4", nil}))
	for _, order := range [][]shard{{a, b}, {b, a}} {
		dst := fixture.NewDB(t)
		var columns *ColumnsError
		if _, err := Merge(t.Context(), dst, paths(order), MergeOptions{}); !errors.As(err, &columns) || len(columns.Differences) != 1 {
			t.Fatalf("%v, want a ColumnsError", err)
		}
		if s, err := dst.Describe(t.Context(), "scan"); s != nil || err != nil {
			t.Errorf("the table was created: %v, %v", s, err)
		}
		mustMerge(t, dst, MergeOptions{Evolve: store.Additive}, 4, 0, order...)
		if diff := cmp.Diff(upTo(4), numbers(t, dst, "scan")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		_, err := Merge(t.Context(), dst, paths([]shard{c, a, c}), MergeOptions{Evolve: store.Additive})
		if !errors.As(err, &columns) || len(columns.Differences) != 1 || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%v, want a ColumnsError that names %s", err, c.path)
		}
		if len(numbers(t, dst, "scan")) != 4 {
			t.Error("rows were written")
		}
	}
	// A Rebuild drops no column of a newer source.
	dst := fixture.NewDB(t)
	mustMerge(t, dst, MergeOptions{Evolve: store.Rebuild}, 4, 0, b, a)
	if got := fixture.All[newer](t, dst, "scan"); got[0].Note == nil || *got[0].Note != note {
		t.Errorf("%+v", got)
	}
}

func appendAs[T any](t *testing.T, name string, rows ...T) func(store.Backend) error {
	return func(db store.Backend) error {
		tab, err := table.Open(t.Context(), db, table.Options[T]{Name: name})
		if err != nil {
			return err
		}
		return tab.Append(t.Context(), rows)
	}
}

// Rows in quarantine come along, once.
func TestMergeQuarantine(t *testing.T) {
	a, dst := newShard(t), fixture.NewDB(t)
	reject := func(db store.Backend, key string, subjects ...string) {
		t.Helper()
		tab, err := table.Open(t.Context(), db, table.Options[keyed]{Quarantine: true})
		if err != nil {
			t.Fatal(err)
		}
		var rows []keyed
		for _, s := range subjects {
			rows = append(rows, keyed{Subject: s})
		}
		if key == "" {
			err = tab.Append(t.Context(), rows)
		} else {
			_, err = tab.AppendOnce(t.Context(), key, rows)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	a.do(func(db *sqlite.DB) {
		reject(db, "one", "1", "1")
		reject(db, "", "2", "2")
	})
	if r := mustMerge(t, dst, MergeOptions{}, 2, 1, a); r.Rejected != 2 {
		t.Errorf("%d rejected rows, want 2", r.Rejected)
	}
	a.do(func(db *sqlite.DB) { reject(db, "", "3", "1") })
	if r := mustMerge(t, dst, MergeOptions{}, 1, 0, a); r.Rejected != 1 {
		t.Errorf("%d rejected rows, want 1", r.Rejected)
	}
	var keys []string
	for r, err := range dst.Rejected(t.Context(), store.RejectedFilter{Table: "keyed"}) {
		if err != nil || r.Error == "" || r.At.IsZero() {
			t.Errorf("%+v, %v", r, err)
		}
		keys = append(keys, r.Key)
	}
	if diff := cmp.Diff([]string{"one", "", ""}, keys); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A source that another connection has open is merged as of one moment.
func TestMergeOpenSource(t *testing.T) {
	a, dst := newShard(t), fixture.NewDB(t)
	a.do(func(db *sqlite.DB) {
		addTo(t, db, "one", measureRows(0, 3)...)
		r := mustMerge(t, dst, MergeOptions{Remove: true}, 3, 1, a)
		if len(r.Removed) != 0 || len(r.Left) != 1 || !strings.Contains(r.Left[0].Text, "another process has it open") {
			t.Errorf("an open source: removed %q, left %v, want it left as open", r.Removed, r.Left)
		}
		addTo(t, db, "two", measureRows(3, 3)...)
		mustMerge(t, dst, MergeOptions{}, 3, 1, a)
	})
	if diff := cmp.Diff(upTo(6), numbers(t, dst, "measure")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A copy of a file that went on by itself is not taken for the file.
func TestMergeCopyThatDiverged(t *testing.T) {
	a, dst := newShard(t), fixture.NewDB(t)
	add(a, "", bareRows(0, 3)...)
	other := newShard(t)
	if err := os.WriteFile(other.path, readFile(t, a.path), 0o600); err != nil {
		t.Fatal(err)
	}
	add(a, "", bareRows(3, 2)...)
	add(other, "", bareRows(10, 3)...)
	mustMerge(t, dst, MergeOptions{}, 5, 0, a)
	var conflict *ConflictError
	if _, err := Merge(t.Context(), dst, []string{other.path}, MergeOptions{}); !errors.As(err, &conflict) {
		t.Errorf("%v, want a ConflictError", err)
	}
}

func TestMergeExpectAndRemove(t *testing.T) {
	a, b, dst := newShard(t), newShard(t), fixture.NewDB(t)
	named := filepath.Join(filepath.Dir(b.path), "task-7.db")
	add(a, "one", measureRows(0, 3)...)
	add(a, "", bareRows(0, 2)...)
	add(b, "two", measureRows(3, 2)...)
	if err := os.Rename(b.path, named); err != nil {
		t.Fatal(err)
	}
	expect := []Expected{{Key: "one"}, {Table: "measure", Key: "two"}, {Key: "task-7"}, {Key: "/x/task-7.db"}, {Key: "task-8"}, {Table: "bare", Key: "one"}}
	r, err := Merge(t.Context(), dst, []string{a.path, filepath.Join(filepath.Dir(named), "*.db*")}, MergeOptions{Expect: expect, Remove: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(expect[4:], r.Missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{a.path, named}, r.Removed); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
	for _, path := range r.Removed {
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A source whose rows are not in the destination is not removed.
func TestMergeRemoveVerifies(t *testing.T) {
	a, dst := newShard(t), fixture.NewDB(t)
	add(a, "one", measureRows(0, 3)...)
	mustMerge(t, dst, MergeOptions{}, 3, 1, a)
	tab, err := table.Open(t.Context(), dst, table.Options[measure]{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tab.Delete(t.Context(), "n = ?", 1); err != nil {
		t.Fatal(err)
	}
	r, err := Merge(t.Context(), dst, []string{a.path}, MergeOptions{Remove: true, OnConflict: Keep})
	if err != nil || len(r.Left) != 1 || len(r.Removed) != 0 || !strings.Contains(r.Left[0].Text, "1 of its rows") {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := os.Stat(a.path); err != nil {
		t.Error(err)
	}
}

func TestMergeRefuses(t *testing.T) {
	dst := fixture.NewDB(t)
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{dst.Path(), t.TempDir(), text, filepath.Join(t.TempDir(), "none.db"), filepath.Join(t.TempDir(), "*.db")} {
		if _, err := Merge(t.Context(), dst, []string{source}, MergeOptions{}); err == nil {
			t.Errorf("%s: no error", source)
		}
	}
	if _, err := Merge(t.Context(), dst, nil, MergeOptions{OnConflict: 3}); !errors.Is(err, store.ErrOptions) {
		t.Errorf("%v, want ErrOptions", err)
	}
}
