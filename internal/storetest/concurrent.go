package storetest

import (
	"fmt"
	"math"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// concurrent appends from many goroutines, some of whose batches are bad:
// these fail alone, and the others are there.
func (s Suite) concurrent(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[reading]{})
	const workers, batches = 16, 12
	var all []reading
	for i := range workers * batches {
		if i%5 != 4 {
			all = append(all, readings(1000*i, i%40+1)...)
		}
	}
	atOnce(t, workers, func(w int) error {
		for k := range batches {
			i := w*batches + k
			rows := readings(1000*i, i%40+1)
			bad := i%5 == 4
			if bad {
				rows[i%len(rows)].Volume = math.NaN()
			}
			if err := tab.Append(t.Context(), rows); (err != nil) != bad {
				return fmt.Errorf("batch %d: error is %v", i, err)
			}
		}
		return nil
	})
	want(t, tab.View, all)
}

// concurrentKeys appends the same keys from several goroutines, and processes
// where there are some: each is applied once.
func (s Suite) concurrentKeys(t *testing.T) {
	b := s.Open(t)
	backends := []store.Backend{b, b}
	if s.Again != nil {
		backends[1] = s.Again(t, b)
	}
	var tabs []*table.Table[reading]
	for _, b := range backends {
		tabs = append(tabs, openTable(t, b, table.Options[reading]{}))
	}
	const workers, keys, rows = 8, 20, 30
	var applied atomic.Int64
	atOnce(t, workers, func(w int) error {
		for k := range keys {
			k = (k + w*5) % keys
			ok, err := tabs[w%2].AppendOnce(t.Context(), fmt.Sprintf("key-%d", k), readings(1000*k, rows))
			if err != nil {
				return err
			}
			if ok {
				applied.Add(1)
			}
		}
		return nil
	})
	if applied.Load() != keys {
		t.Errorf("%d batches were applied, want %d", applied.Load(), keys)
	}
	var all []reading
	for k := range keys {
		all = append(all, readings(1000*k, rows)...)
	}
	want(t, tabs[0].View, all)
	if n := len(collect(t, tabs[1].Keys(t.Context()))); n != keys {
		t.Errorf("%d keys are done, want %d", n, keys)
	}
}

// ensureAtOnce creates a table from several backends at once.
func (s Suite) ensureAtOnce(t *testing.T) {
	first := s.Open(t)
	backends := []store.Backend{first}
	for range 5 {
		backends = append(backends, s.Again(t, first))
	}
	for round := range 4 {
		atOnce(t, len(backends), func(i int) error {
			tab, err := table.Open(t.Context(), backends[i], table.Options[reading]{Name: fmt.Sprintf("round_%d", round)})
			if err != nil {
				return fmt.Errorf("backend %d: %w", i, err)
			}
			_, err = tab.AppendOnce(t.Context(), fmt.Sprint(i), readings(10*i, 3))
			return err
		})
		tab := openTable(t, first, table.Options[reading]{Name: fmt.Sprintf("round_%d", round)})
		if n, err := tab.Count(t.Context()); err != nil || n != int64(3*len(backends)) {
			t.Errorf("%d rows, %v, want %d", n, err, 3*len(backends))
		}
	}
	// Then change it from all of them at once.
	type wider struct {
		N       int64
		Subject string
		Volume  float64
		Good    bool
		Note    *string
	}
	atOnce(t, len(backends), func(i int) error {
		_, err := table.Open(t.Context(), backends[i], table.Options[wider]{Name: "round_0", Evolve: store.Additive})
		return err
	})
	have, err := first.Describe(t.Context(), "round_0")
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := schema.Of[wider]()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted.Fingerprint(), have.Fingerprint()); diff != "" {
		t.Errorf("fingerprint (-want +got):\n%s", diff)
	}
}
