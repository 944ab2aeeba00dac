package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// ledgerTime gives batches times of their own, one batch at a time and many at
// once.
func (s Suite) ledgerTime(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[batched]{})
	base := time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	insert := func(key string, at time.Time) {
		if res, err := store.Insert(t.Context(), b, &store.Batch{Schema: tab.Schema(), Rows: noRows{}, Key: key, At: at}); err != nil || !res.Applied {
			t.Errorf("%s: %+v, %v", key, res, err)
		}
	}
	want := map[string]int64{}
	var working sync.WaitGroup
	for i := range 40 {
		key, at := fmt.Sprint("key ", i), base.Add(time.Duration(i)*1234567*time.Microsecond)
		want[key] = at.UnixMicro()
		if i == 0 {
			insert(key, at)
			continue
		}
		working.Go(func() { insert(key, at) })
	}
	working.Wait()
	began := time.Now().Add(-time.Hour) // the server's clock may differ
	insert("now", time.Time{})

	at := "at"
	if b.Dialect().Name() != "sqlite" {
		at = "(extract(epoch FROM at) * 1000000)::bigint"
	}
	columns, err := schema.New("ledger", []schema.Column{{Name: "key", Type: schema.Text}, {Name: "at", Type: schema.Int64}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	err = b.Query(t.Context(), store.Select{Schema: columns, SQL: "SELECT key, " + at + " AS at FROM galley_batches"}, func(r schema.Reader) (bool, error) {
		got[r.Text(0)] = r.Int64(1)
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got["now"] < began.UnixMicro() {
		t.Errorf("without a time of its own: %v", time.UnixMicro(got["now"]))
	}
	delete(got, "now")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("times (-given +ledger):\n%s", diff)
	}
}

// noRows are none.
type noRows struct{}

func (noRows) Len() int                      { return 0 }
func (noRows) Bind(int, schema.Writer) error { return nil }
