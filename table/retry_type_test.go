package table_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

type checked[V any] struct {
	K int64 `db:"k,check=k < 5"`
	V V
}

type unchecked[V any] struct {
	K int64
	V V
}

// retried gives a row to quarantine, changes the type of its column, and retries it. It
// returns the value that is stored then, "" for none.
func retried[Before, After any](give Before) func(t *testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		db := openDB(t, tempPath(t))
		before := openTable(t, db, table.Options[checked[Before]]{Name: "t", Quarantine: true})
		res, err := before.Insert(t.Context(), table.Batch[checked[Before]]{Rows: []checked[Before]{{9, give}}})
		if res.Rejected != 1 || err != nil {
			t.Fatalf("Insert: %+v, %v", res, err)
		}
		after := openTable(t, db, table.Options[unchecked[After]]{Name: "t", Evolve: store.Rebuild})
		got, err := db.Retry(t.Context(), after.Schema())
		if err != nil || got.Stored+got.Left != 1 {
			t.Fatalf("Retry is %+v, %v", got, err)
		}
		rows := collect(t, after.All(t.Context()))
		if int64(len(rows)) != got.Stored {
			t.Fatalf("%d rows; Retry is %+v", len(rows), got)
		}
		if got == (sqlite.Retried{Left: 1}) {
			return ""
		}
		return fmt.Sprint(rows[0].V)
	}
}

// TestRetryIntoOtherType: a row in quarantine says no types. Where the type of a column
// has changed since, it is stored with the value that it was given, or it stays.
func TestRetryIntoOtherType(t *testing.T) {
	noon := time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		got  func(t *testing.T) string
		want string
	}{
		"text":             {retried[string, string]("abcd"), "abcd"},
		"text to bytes":    {retried[string, []byte]("abcd"), ""},
		"bytes to text":    {retried[[]byte, string]([]byte{1, 2, 3}), ""},
		"a vector":         {retried[[]float32, []float64]([]float32{1, 2}), ""},
		"a time to text":   {retried[time.Time, string](noon), ""},
		"an int to a time": {retried[int64, time.Time](5), ""},
		"a time":           {retried[time.Time, time.Time](noon), fmt.Sprint(noon)},
		"a large int":      {retried[int64, int8](300), ""},
		"a small int":      {retried[int64, int8](-3), "-3"},
		"a wider int":      {retried[int8, int64](3), "3"},
		"a negative int":   {retried[int64, uint64](-3), ""},
		"an int to a bool": {retried[int64, bool](2), ""},
		"a fine float":     {retried[float64, float32](0.1), ""},
		"a coarse float":   {retried[float64, float32](0.5), "0.5"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.got(t); got != c.want {
				t.Errorf("%q is stored, want %q", got, c.want)
			}
		})
	}
}
