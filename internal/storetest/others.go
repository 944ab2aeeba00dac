package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// errOthers is what a Check refuses a batch with.
var errOthers = errors.New("others are stored")

// numbers are rows of a batched table.
func numbers(ns ...int64) rawRows {
	var rows rawRows
	for _, n := range ns {
		rows = append(rows, func(w schema.Writer) { w.Int64(0, n); w.Text(1, "") })
	}
	return rows
}

// others stores batches that look for others first.
func (s Suite) others(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[batched]{})
	other := openTable(t, b, table.Options[reading]{})
	for _, key := range []string{"é1", "é2", "É3", "e", "x"} {
		if _, err := store.Insert(t.Context(), b, &store.Batch{Schema: tab.Schema(), Rows: numbers(1), Key: key}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := other.AppendOnce(t.Context(), "é4", []reading{{}}); err != nil {
		t.Fatal(err)
	}
	put := func(refuse bool, b2 store.Batch) (got []string, res store.Result, err error) {
		b2.Schema, b2.Rows = tab.Schema(), numbers(7, 8)
		b2.Others = &store.Others{Prefix: "é", Check: func(keys []string) error {
			got = slices.Sorted(slices.Values(keys))
			if refuse {
				return errOthers
			}
			return nil
		}}
		res, err = store.Insert(t.Context(), b, &b2)
		return got, res, err
	}
	for _, b2 := range []store.Batch{{Key: "é5"}, {Key: "é2", Replace: true}, {Key: "é6", Removes: []string{"é1"}}} {
		got, res, err := put(true, b2)
		if !errors.Is(err, errOthers) || res != (store.Result{}) {
			t.Errorf("%q: %+v, %v; want %v", b2.Key, res, err, errOthers)
		}
		if slices.Contains(got, b2.Key) || !slices.Contains(got, "é1") || slices.Contains(got, "é4") {
			t.Errorf("%q is compared with %q", b2.Key, got)
		}
	}
	want(t, tab.View, []batched{{1, "é1"}, {1, "é2"}, {1, "É3"}, {1, "e"}, {1, "x"}})
	got, res, err := put(true, store.Batch{Key: "é2"}) // is stored: not compared
	wantResult(t, store.Result{}, res, err)
	if got != nil {
		t.Errorf("a stored batch is compared with %q", got)
	}
	got, res, err = put(false, store.Batch{Key: "é6", Removes: []string{"é1"}})
	wantResult(t, store.Result{Applied: true, Inserted: 2, Removed: 1}, res, err)
	if diff := cmp.Diff([]string{"é1", "é2"}, got); diff != "" {
		t.Errorf("é6 is compared with (-want +got):\n%s", diff)
	}
	for _, wrong := range []*store.Others{{}, {Prefix: "x"}, {Check: func([]string) error { return nil }}} {
		if _, err := b.Begin(&store.Batch{Schema: tab.Schema(), Rows: numbers(1), Key: "k", Others: wrong}); !errors.Is(err, store.ErrOptions) {
			t.Errorf("%+v: %v, want ErrOptions", wrong, err)
		}
	}
	if _, err := b.Begin(&store.Batch{Schema: tab.Schema(), Rows: numbers(1), Others: &store.Others{Prefix: "x", Check: func([]string) error { return nil }}}); !errors.Is(err, store.ErrOptions) {
		t.Errorf("without a key: %v, want ErrOptions", err)
	}
}

// othersAtOnce has handles of their own store batches that exclude each other: of each
// round exactly one is stored.
func (s Suite) othersAtOnce(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[batched]{})
	const rounds, handles = 20, 4
	backends := []store.Backend{b}
	for range handles - 1 {
		backends = append(backends, s.Again(t, b))
	}
	empty := func(keys []string) error {
		if len(keys) > 0 {
			return errOthers
		}
		return nil
	}
	atOnce(t, handles, func(w int) error {
		for round := range rounds {
			prefix := fmt.Sprintf("%02d ", round)
			_, err := store.InsertRetry(t.Context(), backends[w], &store.Batch{Schema: tab.Schema(), Rows: numbers(int64(round)),
				Key: prefix + fmt.Sprint(w), Others: &store.Others{Prefix: prefix, Check: empty}}, backoff.Exponential{}.Do)
			if err != nil && !errors.Is(err, errOthers) {
				return err
			}
		}
		return nil
	})
	stored := map[string]int{}
	for _, r := range collect(t, tab.All(t.Context())) {
		round, _, _ := strings.Cut(r.Batch, " ")
		stored[round]++
	}
	for round := range rounds {
		if n := stored[fmt.Sprintf("%02d", round)]; n != 1 {
			t.Errorf("round %d: %d batches are stored, want 1", round, n)
		}
	}
}
