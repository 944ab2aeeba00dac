package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// siftedRows are the indexes and columns of the rows that a batch with Sift
// cannot store.
func siftedRows(t *testing.T, err error) (rows []int, columns []string) {
	t.Helper()
	var sift *store.SiftError
	if !errors.As(err, &sift) {
		t.Fatalf("error is %v, want a SiftError", err)
	}
	for _, r := range sift.Rows {
		rows, columns = append(rows, r.Row), append(columns, r.Column)
	}
	return rows, columns
}

// sift finds every row that cannot be stored, and stores nothing of its batch,
// in each mode. Without these rows the batch is stored.
func (s Suite) sift(t *testing.T) {
	type checked struct {
		N    int64 `db:",unique"`
		Size int64 `db:",check=size >= 0"`
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[checked]{Name: "checked"})
	row := func(n, size int64) func(schema.Writer) {
		return func(w schema.Writer) { w.Int64(0, n); w.Int64(1, size) }
	}
	for _, count := range []int{6, 60} { // few rows, and as many as a page image has
		first := int64(count * 100)
		rows := rawRows{row(first, 1), row(first+1, -1), row(first, 2), row(first+2, 3), row(first+3, -4), row(first+4, 5)}
		for len(rows) < count {
			rows = append(rows, row(first+int64(len(rows)), 1))
		}
		before := collect(t, tab.All(t.Context()))
		batch := &store.Batch{Schema: tab.Schema(), Rows: rows, Key: "k" + string(rune('a'+count%26)), Sift: true}
		_, err := store.Insert(t.Context(), b, batch)
		if !errors.Is(err, store.ErrConstraint) {
			t.Errorf("%v, want ErrConstraint", err)
		}
		at, columns := siftedRows(t, err)
		if diff := cmp.Diff([]int{1, 2, 4}, at); diff != "" {
			t.Errorf("refused rows (-want +got):\n%s", diff)
		}
		if columns[1] != "n" {
			t.Errorf("columns are %q, want n for the row that is there twice", columns)
		}
		if sift := (*store.SiftError)(nil); errors.As(err, &sift) && sift.Rows[1].Value != first {
			t.Errorf("%v, want the value %d of the row that is there twice", sift.Rows[1], first)
		}
		want(t, tab.View, before)
		if done, err := tab.Done(t.Context(), batch.Key); done || err != nil {
			t.Errorf("the key of a batch that was not stored is done: %v, %v", done, err)
		}
		batch.Rows = append(rawRows{rows[0], rows[3]}, rows[5:]...)
		res, err := store.Insert(t.Context(), b, batch)
		wantResult(t, store.Result{Applied: true, Inserted: int64(count - 3)}, res, err)
	}
	// What cannot be encoded is found too, all of it.
	_, err := store.Insert(t.Context(), b, &store.Batch{Schema: tab.Schema(), Sift: true, Rows: rawRows{
		row(1, 1), func(w schema.Writer) { w.Int64(0, 2); w.Null(1) }, row(3, 1), func(w schema.Writer) { w.Null(0); w.Int64(1, 1) },
	}})
	at, columns := siftedRows(t, err)
	if diff := cmp.Diff([]int{1, 3}, at); diff != "" {
		t.Errorf("rows with NULL (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"size", "n"}, columns); diff != "" {
		t.Errorf("columns with NULL (-want +got):\n%s", diff)
	}
	if _, err := b.Begin(&store.Batch{Schema: tab.Schema(), Rows: noRows{}, Sift: true, Quarantine: true}); !errors.Is(err, store.ErrOptions) {
		t.Errorf("Sift and Quarantine: %v, want ErrOptions", err)
	}
}

// siftUpsert sifts batches that change rows, or leave them.
func (s Suite) siftUpsert(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[keyed]{})
	if _, err := tab.Upsert(t.Context(), []keyed{{N: 1, Size: 1}}); err != nil {
		t.Fatal(err)
	}
	row := func(n, size int64) func(schema.Writer) {
		return func(w schema.Writer) {
			w.Int64(0, n)
			w.Text(1, "")
			w.Int64(2, size)
			w.Null(3)
			w.Float64(4, 0)
		}
	}
	for _, mode := range []schema.Mode{schema.Upsert, schema.Ignore} {
		_, err := store.Insert(t.Context(), b, &store.Batch{Schema: tab.Schema(), Mode: mode, Sift: true, Rows: rawRows{row(1, 9), row(2, -1), row(3, 3), row(4, -1)}})
		at, _ := siftedRows(t, err)
		if diff := cmp.Diff([]int{1, 3}, at); diff != "" {
			t.Errorf("mode %d (-want +got):\n%s", mode, diff)
		}
		want(t, tab.View, []keyed{{N: 1, Size: 1}})
	}
}
