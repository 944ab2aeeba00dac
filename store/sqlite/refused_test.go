package sqlite

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestRefusedRow: a *RowError has the row that broke the rule, the column that
// it is about, and the value, whichever the rule and the way of writing.
func TestRefusedRow(t *testing.T) {
	s, err := schema.New("refused.rows", []schema.Column{
		{Name: "n", Type: schema.Int64, Key: true},
		{Name: "x", Type: schema.Float64, Check: "x < 10.5"},
		{Name: "size.mm3", Type: schema.Text, Unique: "u"},
		{Name: "task", Type: schema.Text, Batch: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	row := func(n int64, x float64, size string) []any { return []any{n, x, size, ""} }
	first := grid{s.Columns(), [][]any{row(1, 1, "a"), row(2, 2, "b"), row(3, 3, "c")}}
	cases := []struct {
		name  string
		batch store.Batch
		rows  [][]any
		want  store.RowError // without Err
	}{
		{"a check", store.Batch{}, [][]any{row(4, 4, "d"), row(5, 11, "e")}, store.RowError{Row: 1, Column: "x", Value: 11.0}},
		{"the key", store.Batch{}, [][]any{row(4, 4, "d"), row(2, 5, "e")}, store.RowError{Row: 1, Column: "n", Value: int64(2)}},
		{"a unique column", store.Batch{}, [][]any{row(4, 4, "d"), row(5, 5, "c")}, store.RowError{Row: 1, Column: "size.mm3", Value: "c"}},
		{"an upsert", store.Batch{Mode: schema.Upsert}, [][]any{row(1, 4, "d"), row(2, 99, "e")}, store.RowError{Row: 1, Column: "x", Value: 99.0}},
		// The rows that are replaced have the same keys as the new ones.
		{"a replacement", store.Batch{Key: "k", Replace: true}, [][]any{row(1, 1, "a"), row(2, 2, "b"), row(3, 12.25, "c")},
			store.RowError{Row: 2, Column: "x", Value: 12.25}},
		{"a replacement of others", store.Batch{Key: "other", Replace: true}, [][]any{row(9, 1, "z"), row(2, 2, "y")},
			store.RowError{Row: 1, Column: "n", Value: int64(2)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := tempPath(t)
			db := openTest(t, path, Options{CacheKiB: 1000})
			if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: first, Key: "k"}); err != nil {
				t.Fatal(err)
			}
			before := dumpFile(t, path)
			b := c.batch
			b.Schema, b.Rows = s, grid{s.Columns(), c.rows}
			_, err := store.Insert(t.Context(), db, &b)
			var got *store.RowError
			if !errors.As(err, &got) || !errors.Is(err, store.ErrConstraint) {
				t.Fatalf("error %v, want a *RowError of ErrConstraint", err)
			}
			c.want.Table = "refused.rows"
			if diff := cmp.Diff(c.want, store.RowError{Table: got.Table, Row: got.Row, Column: got.Column, Value: got.Value}); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			for _, text := range []string{got.Column, `"refused.rows", row `} {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q is not in the message: %v", text, err)
				}
			}
			if diff := cmp.Diff(before, dumpFile(t, path)); diff != "" {
				t.Errorf("the file has changed (-before +after):\n%s", diff)
			}
		})
	}
}

// TestReplaceOfReferred: rows that others refer to cannot be replaced, and the
// error blames none of the new ones.
func TestReplaceOfReferred(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{CacheKiB: 1000})
	s := ensured(t, db, withBatch, uniqueN)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 3), Key: "k"}); err != nil {
		t.Fatal(err)
	}
	byHand(t, path, "CREATE TABLE notes (n INTEGER REFERENCES points (n))", "INSERT INTO notes VALUES (1)")
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 3), Key: "k", Replace: true})
	if !errors.Is(err, store.ErrConstraint) || errors.As(err, new(*store.RowError)) {
		t.Errorf("error %v, want ErrConstraint without a row", err)
	}
	want := makePoints(0, 3)
	for i := range want {
		want[i].Name = "k"
	}
	wantPoints(t, db, s, want)
}
