package storetest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// ledger lists batches and quarantined rows as a caller stored them.
func (s Suite) ledger(t *testing.T) {
	b := s.Open(t)
	type checked struct {
		N     int64  `db:",check=n < 100"`
		Batch string `db:",batch"`
	}
	tab := openTable(t, b, table.Options[checked]{Quarantine: true})
	other := openTable(t, b, table.Options[batched]{})
	keys := []string{"sub-01/ä", "sub-01/%", "sub-02", "galley copy of mine", "SUB-01/z"}
	for i, key := range keys {
		rows := make([]checked, i+1)
		rows[0].N = 100 // is refused
		if _, err := tab.AppendOnce(t.Context(), key, rows); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(1969, 12, 31, 23, 59, 59, 1000, time.UTC)
	const internal = "galley copy 000001-0123456789abcdef"
	for _, c := range []store.Batch{
		{Schema: other.Schema(), Rows: noRows{}, Key: "sub-01/ä", At: at, LedgerRows: 7},
		{Schema: other.Schema(), Rows: noRows{}, Key: internal, At: at},
	} {
		if res, err := store.Insert(t.Context(), b, &c); err != nil || !res.Applied || res.Inserted != 0 {
			t.Fatalf("%s: %+v, %v", c.Key, res, err)
		}
	}
	list := func(f store.BatchFilter) (found []store.StoredBatch) {
		for batch, err := range b.Batches(t.Context(), f) {
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, batch)
		}
		return found
	}
	var all []store.StoredBatch
	for i, key := range keys {
		all = append(all, store.StoredBatch{Table: "checked", Key: key, Rows: int64(i)})
	}
	carried := store.StoredBatch{Table: "batched", Key: "sub-01/ä", Rows: 7, At: at}
	own := store.StoredBatch{Table: "batched", Key: internal, At: at}
	lately := cmp.Comparer(func(x, y time.Time) bool {
		return x.Equal(y) || x.IsZero() && time.Since(y).Abs() < time.Hour || y.IsZero() && time.Since(x).Abs() < time.Hour
	})
	for _, c := range []struct {
		f    store.BatchFilter
		want []store.StoredBatch
	}{
		{store.BatchFilter{}, append(all[:len(all):len(all)], carried)},
		{store.BatchFilter{Internal: true}, append(all[:len(all):len(all)], carried, own)},
		{store.BatchFilter{Table: "checked"}, all},
		{store.BatchFilter{Table: "checked", Prefix: "sub-01/"}, all[:2]},
		{store.BatchFilter{Prefix: "sub-01/ä"}, []store.StoredBatch{all[0], carried}},
		{store.BatchFilter{Table: "checked", Prefix: "sub-01/%"}, all[1:2]},
		{store.BatchFilter{Table: "batched", Key: internal}, []store.StoredBatch{own}},
		{store.BatchFilter{Table: "batched", Prefix: "galley copy "}, []store.StoredBatch{own}},
		{store.BatchFilter{Table: "batched", Key: "sub-02"}, nil},
		{store.BatchFilter{Table: "none"}, nil},
	} {
		if diff := cmp.Diff(c.want, list(c.f), lately); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.f, diff)
		}
	}
	for range b.Batches(t.Context(), store.BatchFilter{}) {
		break // does not hold a connection
	}
	if _, err := store.FindBatch(t.Context(), b, "checked", "sub-03"); !errors.Is(err, store.ErrNoBatch) {
		t.Errorf("error is %v, want store.ErrNoBatch", err)
	}
	if _, err := store.FindBatch(t.Context(), b, "checked", ""); !errors.Is(err, store.ErrKey) {
		t.Errorf("error is %v, want store.ErrKey", err)
	}
	if _, err := tab.Done(t.Context(), ""); !errors.Is(err, store.ErrKey) {
		t.Errorf("an empty key: error is %v, want store.ErrKey", err)
	}
	for _, key := range []string{"sub-02", "sub-02"} {
		n, err := b.Forget(t.Context(), tab.Schema(), key)
		if n != 2 && n != 0 || (n == 0) != errors.Is(err, store.ErrNoBatch) || n == 2 && err != nil {
			t.Errorf("Forget: %d, %v", n, err)
		}
	}

	rejected := func(f store.RejectedFilter) (found []store.RejectedRow) {
		for r, err := range b.Rejected(t.Context(), f) {
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, r)
		}
		return found
	}
	keys = append(keys[:2:2], keys[3:]...)
	var want []store.RejectedRow
	for _, key := range keys {
		row, err := json.Marshal(map[string]any{"n": 100, "batch": key})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, store.RejectedRow{Key: key, Row: row})
	}
	sameJSON := cmp.Transformer("json", func(r json.RawMessage) (v any) { _ = json.Unmarshal(r, &v); return v })
	anyCause := cmpopts.IgnoreFields(store.RejectedRow{}, "Error")
	got := rejected(store.RejectedFilter{Table: "checked"})
	if diff := cmp.Diff(want, got, lately, sameJSON, anyCause); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
	got = rejected(store.RejectedFilter{Table: "checked", Key: keys[1], KeysOnly: true})
	if diff := cmp.Diff([]store.RejectedRow{{Key: keys[1]}}, got, lately); diff != "" {
		t.Errorf("keys only (-want +got):\n%s", diff)
	}
	for name, n := range map[string]int64{"checked": 4, "batched": 0, "none": 0} {
		if got, err := store.CountRejected(t.Context(), b, store.RejectedFilter{Table: name}); got != n || err != nil {
			t.Errorf("%s: %d rejected rows, %v, want %d", name, got, err, n)
		}
	}
	for _, wrong := range []store.Batch{
		{Schema: other.Schema(), Rows: noRows{}, LedgerRows: 1},
		{Schema: other.Schema(), Rows: noRows{}, Key: "k", LedgerRows: -1},
	} {
		if _, err := store.Insert(t.Context(), b, &wrong); !errors.Is(err, store.ErrOptions) {
			t.Errorf("LedgerRows %d: error is %v, want store.ErrOptions", wrong.LedgerRows, err)
		}
	}
}
