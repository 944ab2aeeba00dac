package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

type batched struct {
	N     int64
	Batch string `db:",batch,index"`
}

// batches forgets, stores again and replaces rows by the key of their batch.
func (s Suite) batches(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[batched]{})
	rows := func(key string, ns ...int64) (rows []batched) {
		for _, n := range ns {
			rows = append(rows, batched{n, key})
		}
		return rows
	}
	for key, ns := range map[string][]int64{"a": {1, 2, 3}, "b": {4, 5}, "empty": nil} {
		if applied, err := tab.AppendOnce(t.Context(), key, rows("is overwritten", ns...)); !applied || err != nil {
			t.Fatalf("%s: %v, %v", key, applied, err)
		}
	}
	want(t, tab.View, slices.Concat(rows("a", 1, 2, 3), rows("b", 4, 5)))
	for key, n := range map[string]int64{"a": 3, "empty": 0, "none": 0} {
		if got, err := tab.Forget(t.Context(), key); got != n || err != nil {
			t.Errorf("Forget(%s) is %d, %v, want %d", key, got, err, n)
		}
		if done, err := tab.Done(t.Context(), key); done || err != nil {
			t.Errorf("Done(%s) is %v, %v after Forget", key, done, err)
		}
	}
	want(t, tab.View, rows("b", 4, 5))
	res, err := tab.Replace(t.Context(), "a", rows("", 7))
	wantResult(t, store.Result{Applied: true, Inserted: 1}, res, err)
	res, err = tab.Replace(t.Context(), "b", rows("", 8, 9, 10))
	wantResult(t, store.Result{Applied: true, Inserted: 3, Removed: 2}, res, err)
	want(t, tab.View, slices.Concat(rows("a", 7), rows("b", 8, 9, 10)))
	if !s.KeysOnly {
		if err := tab.Append(t.Context(), rows("own", 11)); err != nil {
			t.Error(err)
		}
		want(t, tab.View, slices.Concat(rows("a", 7), rows("b", 8, 9, 10), rows("own", 11)))
	}
	if applied, err := tab.AppendOnce(t.Context(), "b", rows("", 1)); applied || err != nil {
		t.Errorf("a key that was replaced is applied again: %v, %v", applied, err)
	}
	without := openTable(t, b, table.Options[reading]{})
	if _, err := without.AppendOnce(t.Context(), "a", readings(0, 3)); err != nil {
		t.Fatal(err)
	}
	if _, err := without.Forget(t.Context(), "a"); !errors.Is(err, store.ErrNoBatchColumn) {
		t.Errorf("Forget: error is %v, want store.ErrNoBatchColumn", err)
	}
	if _, err := without.Replace(t.Context(), "a", nil); !errors.Is(err, store.ErrNoBatchColumn) {
		t.Errorf("Replace: error is %v, want store.ErrNoBatchColumn", err)
	}
	if done, err := without.Done(t.Context(), "a"); !done || err != nil {
		t.Errorf("what was not forgotten is done: %v, %v", done, err)
	}
	for _, key := range []string{"", "k\x00", strings.Repeat("k", 1025)} {
		if _, err := tab.Forget(t.Context(), key); !errors.Is(err, store.ErrKey) {
			t.Errorf("Forget(%.10q): error is %v, want store.ErrKey", key, err)
		}
		if _, err := tab.Replace(t.Context(), key, nil); !errors.Is(err, store.ErrKey) {
			t.Errorf("Replace(%.10q): error is %v, want store.ErrKey", key, err)
		}
	}
}

// replaceAtOnce replaces one key from several goroutines: one of them is last,
// and only its rows remain.
func (s Suite) replaceAtOnce(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[batched]{})
	atOnce(t, 6, func(w int) error {
		for range 5 {
			rows := make([]batched, w+1)
			for i := range rows {
				rows[i].N = int64(w)
			}
			if _, err := tab.Replace(t.Context(), "k", rows); err != nil {
				return err
			}
		}
		return nil
	})
	got := collect(t, tab.All(t.Context()))
	if len(got) == 0 || int(got[0].N) != len(got)-1 || slices.ContainsFunc(got, func(r batched) bool { return r != got[0] }) {
		t.Errorf("rows of several batches are there: %v", got)
	}
	if keys := collect(t, tab.Keys(t.Context())); len(keys) != 1 {
		t.Errorf("keys are %v, want one", keys)
	}
}

// batchesModel holds random programs of AppendOnce, Replace, Forget and Append
// against a map of batches.
func (s Suite) batchesModel(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[batched]{})
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		prefix := fmt.Sprintf("%d ", round)
		model := map[string][]batched{} // "" are those without a key
		ways := []string{"once", "replace", "forget"}
		if !s.KeysOnly {
			ways = append(ways, "append")
		}
		for step := range rapid.IntRange(1, 10).Draw(rt, "steps") {
			key := prefix + rapid.SampledFrom([]string{"a", "b", "sub-01/ses-01", "ü'\""}).Draw(rt, "key")
			rows := make([]batched, rapid.SampledFrom([]int{0, 1, 2, 29, 30, 120}).Draw(rt, "n"))
			with := make([]batched, len(rows))
			for i := range rows {
				rows[i].N = int64(roundRows*round + 1_000*step + i)
				with[i] = batched{rows[i].N, key}
			}
			before, known := model[key]
			switch way := rapid.SampledFrom(ways).Draw(rt, "way"); way {
			case "once":
				applied, err := tab.AppendOnce(t.Context(), key, rows)
				if err != nil || applied == known {
					rt.Fatalf("AppendOnce: applied %v, %v; known: %v", applied, err, known)
				}
				if applied {
					model[key] = with
				}
			case "replace":
				wanted := store.Result{Applied: true, Inserted: int64(len(rows)), Removed: int64(len(before))}
				if got, err := tab.Replace(t.Context(), key, rows); err != nil || got != wanted {
					rt.Fatalf("Replace: %+v, %v, want %+v", got, err, wanted)
				}
				model[key] = with
			case "forget":
				if n, err := tab.Forget(t.Context(), key); err != nil || n != int64(len(before)) {
					rt.Fatalf("Forget: %d rows, %v, want %d", n, err, len(before))
				}
				delete(model, key)
			case "append":
				if err := tab.Append(t.Context(), rows); err != nil {
					rt.Fatal(err)
				}
				model[""] = append(model[""], rows...)
			}
		}
		wanted, keys := []batched{}, []string{}
		for key, rows := range model {
			wanted = append(wanted, rows...)
			if key != "" {
				keys = append(keys, key)
			}
		}
		slices.SortFunc(wanted, func(a, b batched) int { return int(a.N - b.N) })
		slices.Sort(keys)
		wantRound(rt, tab.View, round, wanted)
		stored := []string{}
		for _, key := range collect(t, tab.Keys(t.Context())) {
			if strings.HasPrefix(key, prefix) {
				stored = append(stored, key)
			}
		}
		slices.Sort(stored)
		if diff := cmp.Diff(keys, stored); diff != "" {
			rt.Errorf("keys (-want +got):\n%s", diff)
		}
	})
}

// beforeColumn replaces and forgets a batch from before the table had its batch
// column: its rows cannot be found, and to replace it would double them.
func (s Suite) beforeColumn(t *testing.T) {
	type after struct {
		N     int64
		Batch string `db:",batch,default=''"`
	}
	type before struct{ N int64 }
	b := s.Open(t)
	old := openTable(t, b, table.Options[before]{Name: "t"})
	for key, rows := range map[string][]before{"k": {{1}, {2}}, "none": nil} {
		if _, err := old.AppendOnce(t.Context(), key, rows); err != nil {
			t.Fatal(err)
		}
	}
	tab := openTable(t, b, table.Options[after]{Name: "t", Evolve: store.Additive})
	for range 2 {
		if _, err := tab.Replace(t.Context(), "k", []after{{1, ""}}); !errors.Is(err, table.ErrNoBatchColumn) {
			t.Errorf("Replace: error is %v, want table.ErrNoBatchColumn", err)
		}
		if _, err := tab.Forget(t.Context(), "k"); !errors.Is(err, table.ErrNoBatchColumn) {
			t.Errorf("Forget: error is %v, want table.ErrNoBatchColumn", err)
		}
	}
	res, err := tab.Replace(t.Context(), "none", []after{{3, ""}})
	wantResult(t, store.Result{Applied: true, Inserted: 1}, res, err)
	want(t, tab.View, []after{{1, ""}, {2, ""}, {3, "none"}})
	if done, err := tab.Done(t.Context(), "k"); !done || err != nil {
		t.Errorf("Done is %v, %v, want true", done, err)
	}
}
