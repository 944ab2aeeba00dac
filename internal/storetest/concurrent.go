package storetest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// concurrent appends from many goroutines, some of whose batches are bad:
// these fail alone, and the others are stored.
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

// concurrentModes upserts, ignores, appends and replaces from several goroutines:
// each result is as if the call had been alone.
func (s Suite) concurrentModes(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[item]{})
	tasks := openTable(t, b, table.Options[batched]{})
	plain := openTable(t, b, table.Options[reading]{})
	const workers, rounds = 8, 12
	atOnce(t, workers, func(w int) error {
		model := items{}
		rows := func(from, n int) (rows []item) {
			for i := range n {
				rows = append(rows, item{Subject: fmt.Sprint(w), N: int64(from + i), X: float64(from)})
			}
			return rows
		}
		for round := range rounds {
			for _, call := range []table.Batch[item]{
				{Rows: slices.Concat(rows(round, 20), rows(round, 5)), Mode: schema.Upsert},
				{Rows: rows(2*round, 30), Mode: schema.Ignore},
				{Rows: rows(0, 1)}, // exists
			} {
				after, wanted, bad := model.store(call.Mode, call.Rows)
				got, err := tab.Insert(t.Context(), call)
				if got != wanted || (bad < 0) != (err == nil) {
					return fmt.Errorf("mode %d: %+v, %v, want %+v", call.Mode, got, err, wanted)
				}
				model = after
			}
			wanted := store.Result{Applied: true, Inserted: 40}
			if round >= 3 {
				wanted.Removed = 40
			}
			got, err := tasks.Replace(t.Context(), fmt.Sprint("key ", w, "/", round%3), make([]batched, 40))
			if err != nil || got != wanted {
				return fmt.Errorf("Replace: %+v, %v, want %+v", got, err, wanted)
			}
			if err := plain.Append(t.Context(), readings(1_000*w, 40)); err != nil {
				return err
			}
		}
		stored := items{}
		for row, err := range tab.Where(t.Context(), "subject = "+b.Dialect().Placeholder(1), fmt.Sprint(w)) {
			if err != nil {
				return err
			}
			stored[itemKey{row.Subject, row.N}] = row
		}
		if diff := cmp.Diff(model, stored); diff != "" {
			return fmt.Errorf("rows (-want +got):\n%s", diff)
		}
		return nil
	})
	for name, c := range map[string]struct {
		count func(context.Context) (int64, error)
		want  int64
	}{"replaced": {tasks.Count, workers * 3 * 40}, "appended": {plain.Count, workers * rounds * 40}} {
		if n, err := c.count(t.Context()); n != c.want || err != nil {
			t.Errorf("%d rows %s, %v, want %d", n, name, err, c.want)
		}
	}
}

// concurrentQuarantine stores batches with bad rows beside batches without,
// each under a key that is tried twice: each bad row is quarantined once.
func (s Suite) concurrentQuarantine(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[uniqueReading]{Quarantine: true})
	plain := openTable(t, b, table.Options[reading]{})
	const workers, rounds = 8, 8
	atOnce(t, workers, func(w int) error {
		for round := range rounds {
			rows := make([]uniqueReading, 10)
			for i := range rows {
				n := int64(1_000*w + 10*round + i)
				rows[i] = uniqueReading{n, "", n}
			}
			rows[3].N, rows[4].Name = rows[2].N, "\x00"
			wanted := store.Result{Applied: true, Inserted: 8, Rejected: 2}
			for range 2 {
				got, err := tab.Insert(t.Context(), table.Batch[uniqueReading]{Rows: rows, Key: fmt.Sprint(w, "/", round)})
				if err != nil || got != wanted {
					return fmt.Errorf("%d/%d: %+v, %v, want %+v", w, round, got, err, wanted)
				}
				wanted = store.Result{}
			}
			if err := plain.Append(t.Context(), readings(1_000*w, 40)); err != nil {
				return err
			}
		}
		return nil
	})
	if n, err := tab.Count(t.Context()); n != workers*rounds*8 || err != nil {
		t.Errorf("%d rows, %v, want %d", n, err, workers*rounds*8)
	}
	rejected := aside(t, tab)
	for key, n := range rejected {
		if n != 2 {
			t.Errorf("%s has %d rows put aside, want 2", key, n)
		}
	}
	if len(rejected) != workers*rounds {
		t.Errorf("%d batches have rows put aside, want %d", len(rejected), workers*rounds)
	}
	if n, err := plain.Count(t.Context()); n != workers*rounds*40 || err != nil {
		t.Errorf("%d rows beside them, %v, want %d", n, err, workers*rounds*40)
	}
}
