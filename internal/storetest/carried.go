package storetest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// carried stores ledger rows and quarantined rows along with a batch, all or
// nothing.
func (s Suite) carried(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[batched]{})
	at := time.Date(2021, 3, 4, 5, 6, 7, 891000, time.UTC)
	carried := &store.Carried{
		Batches:  []store.StoredBatch{{Key: "one", Rows: 7, At: at}, {Key: "two", At: at.Add(time.Second)}},
		Rejected: []store.RejectedRow{{Key: "one", Row: json.RawMessage(`{"n":1}`), Error: "too\nlong", At: at}, {Row: json.RawMessage(`{}`), Error: "x", At: at}},
	}
	batch := &store.Batch{Schema: tab.Schema(), Rows: noRows{}, Carried: carried}
	if res, err := store.Insert(t.Context(), b, batch); err != nil || !res.Applied {
		t.Fatalf("%+v, %v", res, err)
	}
	again := &store.Batch{Schema: tab.Schema(), Rows: noRows{}, Carried: &store.Carried{
		Batches:  []store.StoredBatch{{Key: "three", At: at}, {Key: "two", At: at}},
		Rejected: carried.Rejected,
	}}
	if _, err := store.Insert(t.Context(), b, again); !errors.Is(err, store.ErrKeyStored) {
		t.Errorf("%v, want ErrKeyStored", err)
	}
	var batches []store.StoredBatch
	for got, err := range b.Batches(t.Context(), store.BatchFilter{Keys: []string{"one", "two", "three", "four"}}) {
		if err != nil {
			t.Fatal(err)
		}
		got.Table = ""
		batches = append(batches, got)
	}
	if diff := cmp.Diff(carried.Batches, batches); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
	var rejected []store.RejectedRow
	for got, err := range b.Rejected(t.Context(), store.RejectedFilter{Table: tab.Name()}) {
		if err != nil {
			t.Fatal(err)
		}
		rejected = append(rejected, got)
	}
	same := cmp.Transformer("json", func(r json.RawMessage) (v any) {
		_ = json.Unmarshal(r, &v)
		return v
	})
	if diff := cmp.Diff(carried.Rejected, rejected, same); diff != "" {
		t.Errorf("quarantine (-want +got):\n%s", diff)
	}
	for _, bad := range []store.Batch{
		{Carried: &store.Carried{Batches: []store.StoredBatch{{Key: "x"}}}},
		{Carried: &store.Carried{Batches: []store.StoredBatch{{At: at}}}},
		{Carried: &store.Carried{}, Quarantine: true},
	} {
		bad.Schema, bad.Rows = tab.Schema(), noRows{}
		if _, err := b.Begin(&bad); !errors.Is(err, store.ErrOptions) && !errors.Is(err, store.ErrKey) {
			t.Errorf("%+v: %v, want ErrOptions or ErrKey", bad.Carried, err)
		}
	}
}
