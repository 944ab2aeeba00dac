package transfer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// callersKeys begin as galley's own keys do, and are keys of a caller.
var callersKeys = []string{
	"galley copy of mine", "galley copy 1-2", "galley copy rejected", "galley copy rejected by me",
	"galley merge of mine", "galley spool of mine",
}

// rowsOfKeys are the numbers of rows under each key of a ledger.
func rowsOfKeys(t *testing.T, db store.Backend, name string) map[string]int64 {
	t.Helper()
	rows := map[string]int64{}
	for _, b := range ledger(t, db, name) {
		rows[b.Key] += b.Rows
	}
	return rows
}

// A copy carries over a caller's keys that begin like galley's own, and goes on
// after an interruption.
func TestCopyOfKeysLikeItsOwn(t *testing.T) {
	from, to := fixture.NewDB(t), fixture.NewDB(t)
	for i, key := range callersKeys {
		addTo(t, from, key, bareRows(3*i, 3)...)
		addTo(t, from, key, measureRows(3*i, 2)...)
	}
	for range 2 {
		done, err := Copy(t.Context(), from, to, CopyOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range done {
			if want := int64(len(callersKeys)); one.Batches != want {
				t.Errorf("%s: %d batches are carried over, want %d", one.Table, one.Batches, want)
			}
		}
	}
	for _, name := range []string{"bare", "measure"} {
		if diff := cmp.Diff(rowsOfKeys(t, from, name), rowsOfKeys(t, to, name)); diff != "" {
			t.Errorf("%s: keys (-want +got):\n%s", name, diff)
		}
	}
}

// A merge carries over a caller's keys that begin like galley's own, each once, with
// rows that the key identifies.
func TestMergeOfKeysLikeItsOwn(t *testing.T) {
	a, dst := newShard(t), fixture.NewDB(t)
	for i, key := range callersKeys {
		add(a, key, bareRows(3*i, 3)...)
		add(a, key, measureRows(3*i, 2)...)
	}
	batches := int64(2 * len(callersKeys))
	mustMerge(t, dst, MergeOptions{}, batches/2*5, batches, a)
	mustMerge(t, dst, MergeOptions{}, 0, 0, a)
	tab, err := table.Open(t.Context(), dst, table.Options[measure]{})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range callersKeys {
		if done, err := tab.Done(t.Context(), key); !done || err != nil {
			t.Errorf("%q is done: %t, %v", key, done, err)
		}
		if n, err := tab.Forget(t.Context(), key); n != 2 || err != nil {
			t.Errorf("%q: %d rows are removed, %v, want 2", key, n, err)
		}
	}
	mustMerge(t, dst, MergeOptions{}, batches, batches/2, a)
	if _, err := Merge(t.Context(), dst, []string{a.path}, MergeOptions{Expect: []Expected{{Key: "of mine"}, {Table: "bare", Key: callersKeys[0]}}}); err != nil {
		t.Error(err)
	}
	// The rows of a key are replaced as a whole.
	again := newShard(t)
	add(again, "galley spool of mine", measureRows(100, 1)...)
	r, err := Merge(t.Context(), dst, []string{again.path}, MergeOptions{OnConflict: Replace})
	if err != nil || r.Replaced != 1 {
		t.Errorf("%d batches are replaced, %v, want 1", r.Replaced, err)
	}
}

// A spool lists a caller's keys that begin like galley's own, and their rows are
// collected under them.
func TestCollectOfKeysLikeItsOwn(t *testing.T) {
	s, db := newSpool(t), newDatabase(t)
	fill(t, s, 4, callersKeys...)
	want := map[string]int64{}
	for _, key := range callersKeys {
		want[key] = 4
	}
	if diff := cmp.Diff(want, rowsOfKeys(t, s, "region")); diff != "" {
		t.Errorf("in the spool (-want +got):\n%s", diff)
	}
	collect(t, db, s, CollectOptions{})
	for name, b := range map[string]store.Backend{"collected, in the spool": s, "collected": db} {
		if diff := cmp.Diff(want, rowsOfKeys(t, b, "region")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if n, err := openTable(t, db).Forget(t.Context(), "galley spool of mine"); n != 4 || err != nil {
		t.Errorf("%d rows of the key are removed, %v, want 4", n, err)
	}
}
