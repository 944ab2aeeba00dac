package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/quarantine"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// quarantineCopied puts rows into quarantine as another database has them there,
// once, and has Forget remove those of a batch.
func (s Suite) quarantineCopied(t *testing.T) {
	type checked struct {
		N    int64
		Task string `db:",batch"`
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[checked]{Name: "checked", Quarantine: true})
	at := time.Date(2020, 2, 3, 4, 5, 6, 789_000, time.UTC)
	rows := []store.RejectedRow{
		{Key: "a", Row: []byte(`{"n":9007199254740993,"text":"a\\u0000","volume":1e300}`), Error: "too large", At: at},
		{Row: []byte(`{"n":null,"text":"<\u0000>"}`), Error: "without\x00key", At: at.Add(time.Microsecond)},
		{Key: "a", Row: []byte(`{}`), Error: "second", At: at},
	}
	batch := &store.Batch{Schema: tab.Schema(), Rows: noRows{}, Key: "copied", Carried: &store.Carried{Rejected: rows}}
	for _, want := range []store.Result{{Applied: true}, {}} {
		res, err := store.Insert(t.Context(), b, batch)
		wantResult(t, want, res, err)
	}
	sums := func(rows []store.RejectedRow) (sums []uint64) {
		for _, r := range rows {
			sums = append(sums, quarantine.Sum(r))
		}
		return sums
	}
	all := func() (all []store.RejectedRow) {
		for r, err := range b.Rejected(t.Context(), store.RejectedFilter{Table: "checked"}) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
		}
		return all
	}
	if diff := cmp.Diff(sums(rows), sums(all())); diff != "" {
		t.Errorf("quarantine is %+v, want %+v (sums -want +got):\n%s", all(), rows, diff)
	}
	// The key's own batch comes after its rows in quarantine, as in a copy.
	if _, err := store.Insert(t.Context(), b, &store.Batch{Schema: tab.Schema(), Rows: noRows{}, Key: "a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := tab.Forget(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sums(rows[1:2]), sums(all())); diff != "" {
		t.Errorf("quarantine after Forget is %+v, want the row without a key", all())
	}
}
