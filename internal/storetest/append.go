package storetest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// appendSizes appends slices of the sizes at which something changes.
func (s Suite) appendSizes(t *testing.T) {
	b := s.Open(t)
	for _, n := range []int{0, 1, 7, 8, 9, 29, 30, 31, 49, 50, 51, 999, 1_000, 1_001, 9_999, 10_000, 10_001} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			tab := openTable(t, b, table.Options[reading]{Name: fmt.Sprintf("sizes_%d", n)})
			rows := readings(0, n)
			if err := tab.Append(t.Context(), rows); err != nil {
				t.Fatal(err)
			}
			want(t, tab.View, rows)
			if count, err := tab.Count(t.Context()); err != nil || count != int64(n) {
				t.Errorf("Count is %d, %v, want %d", count, err, n)
			}
		})
	}
}

// appendWide appends rows of one column and of many.
func (s Suite) appendWide(t *testing.T) {
	b := s.Open(t)
	for _, width := range []int{1, 2, 400, 900} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			var columns []schema.Column
			for i := range width {
				columns = append(columns, schema.Column{Name: fmt.Sprintf("c%d", i), Type: schema.Int64})
			}
			wide := mustSchema(t, fmt.Sprintf("wide_%d", width), columns...)
			if err := b.Ensure(t.Context(), wide, store.Strict); err != nil {
				t.Fatal(err)
			}
			var sum, wantSum, got int64
			for _, n := range []int{1, 40} {
				var rows rawRows
				for i := range n {
					rows = append(rows, func(w schema.Writer) {
						for c := range width {
							w.Int64(c, int64(i*c))
						}
					})
					for c := range width {
						wantSum += int64(i * c)
					}
				}
				res, err := b.Insert(t.Context(), &store.Batch{Schema: wide, Rows: rows})
				wantResult(t, store.Result{Applied: true, Inserted: int64(n)}, res, err)
			}
			err := b.Query(t.Context(), store.Select{Schema: wide}, func(r schema.Reader) (bool, error) {
				got++
				for c := range width {
					sum += r.Int64(c)
				}
				return true, nil
			})
			if err != nil || got != 41 || sum != wantSum {
				t.Errorf("%d rows with a sum of %d, %v, want 41 and %d", got, sum, err, wantSum)
			}
		})
	}
}

// appendOnce appends under keys, again and again, also to another table that
// knows the same key.
func (s Suite) appendOnce(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	other := openTable(t, b, table.Options[reading]{Name: "other"})
	keys := []string{"sub-01/ses-01", "sub-01/ses-02", "ü", `a'b"c\`, strings.Repeat("k", 1024), "empty"}
	var all []reading
	for round := range 3 {
		for i, key := range keys {
			rows := readings(1000*i, 100*(5-i))
			applied, err := tab.AppendOnce(t.Context(), key, rows)
			if err != nil || applied != (round == 0) {
				t.Errorf("round %d, %.20q: applied %v, %v", round, key, applied, err)
			}
			if round == 0 {
				all = append(all, rows...)
			}
			if done, err := tab.Done(t.Context(), key); err != nil || !done {
				t.Errorf("Done(%.20q) is %v, %v", key, done, err)
			}
		}
	}
	want(t, tab.View, all)
	if diff := cmp.Diff(keys, collect(t, tab.Keys(t.Context()))); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if done, err := other.Done(t.Context(), keys[0]); done || err != nil {
		t.Errorf("another table: Done is %v, %v", done, err)
	}
	if applied, err := other.AppendOnce(t.Context(), keys[0], readings(0, 1)); !applied || err != nil {
		t.Errorf("another table: applied %v, %v", applied, err)
	}
	for _, key := range []string{"", "a\x00b", "\xff", strings.Repeat("k", 1025)} {
		if _, err := tab.AppendOnce(t.Context(), key, nil); !errors.Is(err, store.ErrKey) {
			t.Errorf("key %.20q: error is %v, want store.ErrKey", key, err)
		}
	}
}

// appendSeq appends a sequence that fails, and one that does not.
func (s Suite) appendSeq(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[reading]{BatchRows: 100})
	rows := readings(0, 1_050)
	errStop := errors.New("stop")
	n, err := tab.AppendSeq(t.Context(), func(yield func(reading, error) bool) {
		for _, r := range rows[:250] {
			if !yield(r, nil) {
				return
			}
		}
		yield(reading{}, errStop)
	})
	if n != 250 || !errors.Is(err, errStop) {
		t.Errorf("%d rows, %v, want 250 and the sequence's error", n, err)
	}
	n, err = tab.AppendSeq(t.Context(), func(yield func(reading, error) bool) {
		for _, r := range rows[250:] {
			if !yield(r, nil) {
				return
			}
		}
	})
	if n != 800 || err != nil {
		t.Errorf("%d rows, %v, want 800", n, err)
	}
	want(t, tab.View, rows)
}

// badRow appends a row that cannot be stored, at different places of a batch,
// and finds nothing of it.
func (s Suite) badRow(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	for _, n := range []int{1, 3, 300} {
		for _, at := range []int{0, n / 2, n - 1} {
			rows := readings(0, n)
			rows[at].Volume = math.NaN()
			err := tab.Append(t.Context(), rows)
			var row *table.RowError
			if !errors.As(err, &row) || !errors.Is(err, schema.ErrNaN) {
				t.Fatalf("error is %v, want a *RowError of schema.ErrNaN", err)
			}
			if row.Row != at || row.Column != "volume" || row.Table != "reading" {
				t.Errorf("the error names row %d, column %q of table %q, want %d, volume and reading", row.Row, row.Column, row.Table, at)
			}
			if _, err := tab.AppendOnce(t.Context(), "bad", rows); !errors.As(err, &row) {
				t.Errorf("AppendOnce: error is %v, want a *RowError", err)
			}
		}
	}
	want(t, tab.View, nil)
	if done, err := tab.Done(t.Context(), "bad"); done || err != nil {
		t.Errorf("the key of a batch that failed is done: %v, %v", done, err)
	}
	if applied, err := tab.AppendOnce(t.Context(), "bad", readings(0, 2)); !applied || err != nil {
		t.Errorf("the key cannot be used any more: %v, %v", applied, err)
	}
}

// badBinder writes rows that break the contract of schema.Writer.
func (s Suite) badBinder(t *testing.T) {
	b := s.Open(t)
	two := mustSchema(t, "two", schema.Column{Name: "n", Type: schema.Int64}, schema.Column{Name: "x", Type: schema.Text})
	if err := b.Ensure(t.Context(), two, store.Strict); err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(w schema.Writer){
		"nothing":        func(schema.Writer) {},
		"too few":        func(w schema.Writer) { w.Int64(0, 1) },
		"out of order":   func(w schema.Writer) { w.Text(1, "a"); w.Int64(0, 1) },
		"twice":          func(w schema.Writer) { w.Int64(0, 1); w.Int64(0, 1); w.Text(1, "a") },
		"too many":       func(w schema.Writer) { w.Int64(0, 1); w.Text(1, "a"); w.Int64(2, 1) },
		"another type":   func(w schema.Writer) { w.Text(0, "a"); w.Text(1, "a") },
		"a blob":         func(w schema.Writer) { w.Int64(0, 1); w.Blob(1, []byte("a")) },
		"a float":        func(w schema.Writer) { w.Float64(0, 1); w.Text(1, "a") },
		"a bool":         func(w schema.Writer) { w.Int64(0, 1); w.Bool(1, true) },
		"before first":   func(w schema.Writer) { w.Int64(-1, 1); w.Int64(0, 1); w.Text(1, "a") },
		"null, not null": func(w schema.Writer) { w.Int64(0, 1); w.Null(1) },
	} {
		res, err := b.Insert(t.Context(), &store.Batch{Schema: two, Rows: rawRows{write}})
		var row *store.RowError
		if !errors.As(err, &row) {
			t.Errorf("%s: error is %v, want a *store.RowError", name, err)
		}
		if diff := cmp.Diff(store.Result{}, res); diff != "" {
			t.Errorf("%s: result (-want +got):\n%s", name, diff)
		}
	}
}

// check breaks a CHECK, and finds nothing of the batch.
func (s Suite) check(t *testing.T) {
	type checked struct {
		N      int64
		Volume float64 `db:",check=volume >= 0"`
	}
	tab := openTable(t, s.Open(t), table.Options[checked]{Name: "checked"})
	for _, n := range []int{1, 5, 200} {
		rows := make([]checked, n)
		for i := range rows {
			rows[i].N = int64(i)
		}
		rows[n-1].Volume = -1
		_, err := tab.AppendOnce(t.Context(), "bad", rows)
		var row *table.RowError
		if !errors.As(err, &row) || !errors.Is(err, store.ErrConstraint) || row.Row != n-1 {
			t.Errorf("error is %v, want a *RowError of row %d with store.ErrConstraint", err, n-1)
		}
	}
	want(t, tab.View, nil)
}

type uniqueReading struct {
	N    int64 `db:",key"`
	Name string
	Code int64 `db:",unique"`
}

// unique breaks a key and a unique group, with rows that are there and with
// rows of the same batch.
func (s Suite) unique(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[uniqueReading]{})
	before := []uniqueReading{{1, "a", 10}, {2, "b", 20}}
	if err := tab.Append(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		rows   []uniqueReading
		row    int
		column string
	}{
		"key there":    {[]uniqueReading{{3, "c", 30}, {1, "d", 40}, {4, "e", 50}}, 1, "n"},
		"unique there": {[]uniqueReading{{3, "c", 30}, {4, "d", 40}, {5, "e", 20}}, 2, "code"},
		"key twice":    {[]uniqueReading{{3, "c", 30}, {3, "d", 40}}, 1, "n"},
		"unique twice": {[]uniqueReading{{3, "c", 30}, {4, "d", 40}, {5, "e", 50}, {6, "f", 30}}, 3, "code"},
		"alone":        {[]uniqueReading{{2, "c", 30}}, 0, "n"},
	} {
		err := tab.Append(t.Context(), c.rows)
		var row *table.RowError
		if !errors.As(err, &row) || !errors.Is(err, store.ErrConstraint) {
			t.Errorf("%s: error is %v, want a *RowError of store.ErrConstraint", name, err)
			continue
		}
		if row.Row != c.row || row.Column != c.column {
			t.Errorf("%s: the error names row %d, column %q, want %d and %q", name, row.Row, row.Column, c.row, c.column)
		}
	}
	want(t, tab.View, before)
}

// tooLarge stores a large value, and is refused a too large one.
func (s Suite) tooLarge(t *testing.T) {
	type large struct {
		N    int64
		Text string
		Blob []byte
	}
	tab := openTable(t, s.Open(t), table.Options[large]{Name: "large"})
	fits := strings.Repeat("x", 4<<20)
	rows := []large{{0, fits, []byte(fits)}, {1, "", []byte{}}}
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	over := strings.Repeat("x", 32<<20+1)
	for column, row := range map[string]large{"text": {2, over, nil}, "blob": {2, "", []byte(over)}} {
		err := tab.Append(t.Context(), []large{row})
		var at *table.RowError
		if !errors.As(err, &at) || !errors.Is(err, store.ErrTooLarge) || at.Column != column || len(err.Error()) > 1000 {
			t.Errorf("error is %.200v, want a short *RowError of column %q with store.ErrTooLarge", err, column)
		}
	}
	want(t, tab.View, rows)
}
