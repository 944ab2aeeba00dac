package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// removes stores batches that remove others in the same transaction.
func (s Suite) removes(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[batched]{})
	put := func(key string, removes []string, ns ...int64) (store.Result, error) {
		return store.Insert(t.Context(), b, &store.Batch{Schema: tab.Schema(), Rows: numbers(ns...), Key: key, Removes: removes})
	}
	keys := func() []string { return slices.Sorted(slices.Values(collect(t, tab.Keys(t.Context())))) }
	for _, key := range []string{"a", "b", "c"} {
		if _, err := put(key, nil, 1, 2); err != nil {
			t.Fatal(err)
		}
	}
	res, err := put("d", []string{"c", "a", "none"}, 5)
	wantResult(t, store.Result{Applied: true, Inserted: 1, Removed: 4}, res, err)
	want(t, tab.View, []batched{{N: 1, Batch: "b"}, {N: 2, Batch: "b"}, {N: 5, Batch: "d"}})
	if got := keys(); !slices.Equal(got, []string{"b", "d"}) {
		t.Errorf("keys are %v, want b and d", got)
	}
	// A batch whose key is stored removes nothing.
	res, err = put("d", []string{"b"}, 6)
	wantResult(t, store.Result{}, res, err)
	if got := keys(); !slices.Equal(got, []string{"b", "d"}) {
		t.Errorf("keys are %v, want b and d", got)
	}
	for _, test := range []struct {
		key     string
		removes []string
		want    error
	}{{"", []string{"b"}, store.ErrKey}, {"e", []string{"b", "e"}, store.ErrOptions}} {
		if _, err := put(test.key, test.removes, 1); !errors.Is(err, test.want) {
			t.Errorf("%q removes %q: %v, want %v", test.key, test.removes, err, test.want)
		}
	}
	without := openTable(t, b, table.Options[reading]{})
	if _, err := b.Begin(&store.Batch{Schema: without.Schema(), Rows: noRows{}, Key: "e", Removes: []string{"b"}}); !errors.Is(err, store.ErrNoBatchColumn) {
		t.Errorf("without a batch column: %v, want ErrNoBatchColumn", err)
	}
}

// removesAtOnce reads while batches remove each other: a reader sees the rows of
// one batch, all of them.
func (s Suite) removesAtOnce(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[batched]{})
	const rows, rounds = 40, 25
	all := make(rawRows, rows)
	for i := range all {
		all[i] = func(w schema.Writer) { w.Int64(0, int64(i)); w.Text(1, "") }
	}
	if _, err := store.Insert(t.Context(), b, &store.Batch{Schema: tab.Schema(), Rows: all, Key: "0"}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	atOnce(t, 2, func(w int) error {
		if w == 0 {
			defer close(done)
			for i := 1; i <= rounds; i++ {
				_, err := store.Insert(t.Context(), b, &store.Batch{Schema: tab.Schema(), Rows: all, Key: fmt.Sprint(i), Removes: []string{fmt.Sprint(i - 1)}})
				if err != nil {
					return err
				}
			}
			return nil
		}
		for {
			got := collect(t, tab.All(t.Context()))
			if len(got) != rows || slices.ContainsFunc(got, func(r batched) bool { return r.Batch != got[0].Batch }) {
				return fmt.Errorf("a reader sees %d rows, want the %d of one batch: %v", len(got), rows, got)
			}
			select {
			case <-done:
				return nil
			default:
			}
		}
	})
}
