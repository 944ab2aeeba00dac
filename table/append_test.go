package table_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// TestAppendSizes appends slices of the sizes at which something changes.
func TestAppendSizes(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 29, 30, 31, 49, 50, 51, 9_999, 10_000, 10_001} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			tab := openTable(t, openDB(t, tempPath(t)), table.Options[scan]{})
			rows := makeScans(0, n)
			if err := tab.Append(t.Context(), rows); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(rows, collect(t, tab.All(t.Context()))); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if count, err := tab.Count(t.Context()); err != nil || count != int64(n) {
				t.Errorf("Count is %d, %v, want %d", count, err, n)
			}
		})
	}
}

// TestColumns appends rows of one column, and of as many as SQLite has.
func TestColumns(t *testing.T) {
	for _, columns := range []int{1, 2, 2000} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			var cols []schema.Column
			for i := range columns {
				cols = append(cols, schema.Column{Name: fmt.Sprintf("c%d", i), Type: schema.Int64})
			}
			s, err := schema.New("wide", cols)
			if err != nil {
				t.Fatal(err)
			}
			db := openDB(t, tempPath(t))
			if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{1, 17, 40} {
				if _, err := db.Insert(t.Context(), &store.Batch{Schema: s, Rows: wideRows{n, columns}}); err != nil {
					t.Fatal(err)
				}
			}
			var rows, sum, want int64
			err = db.Query(t.Context(), store.Select{Schema: s}, func(r schema.Reader) (bool, error) {
				rows++
				for i := range columns {
					sum += r.Int64(i)
				}
				return true, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{1, 17, 40} {
				for i := range n {
					for c := range columns {
						want += int64(i * c)
					}
				}
			}
			if rows != 58 || sum != want {
				t.Errorf("%d rows with a sum of %d, want 58 and %d", rows, sum, want)
			}
		})
	}
	cols := make([]schema.Column, 2001)
	for i := range cols {
		cols[i] = schema.Column{Name: fmt.Sprintf("c%d", i), Type: schema.Int64}
	}
	if _, err := schema.New("wide", cols); err == nil {
		t.Error("2,001 columns are accepted")
	}
}

type wideRows struct{ rows, columns int }

func (w wideRows) Len() int { return w.rows }
func (w wideRows) Bind(i int, to schema.Writer) error {
	for c := range w.columns {
		to.Int64(c, int64(i*c))
	}
	return nil
}

// TestAppendOnce appends under keys, again and again, also to another table
// that knows the same key.
func TestAppendOnce(t *testing.T) {
	path := tempPath(t)
	db := openDB(t, path)
	tab := openTable(t, db, table.Options[scan]{})
	other := openTable(t, db, table.Options[scan]{Name: "other"})
	keys := []string{"sub-01/ses-01", "sub-01/ses-02", "ü", "empty"}
	for round := range 3 {
		for i, key := range keys {
			rows := makeScans(100*i, 100*(3-i))
			applied, err := tab.AppendOnce(t.Context(), key, rows)
			if err != nil || applied != (round == 0) {
				t.Errorf("round %d, %q: applied %v, %v", round, key, applied, err)
			}
			done, err := tab.Done(t.Context(), key)
			if err != nil || !done {
				t.Errorf("Done(%q) is %v, %v", key, done, err)
			}
		}
	}
	if diff := cmp.Diff(keys, collect(t, tab.Keys(t.Context()))); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if n, err := tab.Count(t.Context()); n != 600 || err != nil {
		t.Errorf("%d rows, %v, want 600", n, err)
	}
	if done, err := other.Done(t.Context(), keys[0]); done || err != nil {
		t.Errorf("another table: Done is %v, %v", done, err)
	}
	if applied, err := other.AppendOnce(t.Context(), keys[0], makeScans(0, 1)); !applied || err != nil {
		t.Errorf("another table: applied %v, %v", applied, err)
	}
	for _, key := range []string{"", "a\x00b", "\xff", string(make([]byte, 1025))} {
		if _, err := tab.AppendOnce(t.Context(), key, nil); !errors.Is(err, store.ErrKey) {
			t.Errorf("key %q: error is %v, want store.ErrKey", key, err)
		}
	}
}

// TestAppendRefuses names the row, column and value that cannot be stored.
func TestAppendRefuses(t *testing.T) {
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[scan]{})
	for _, n := range []int{3, 300} {
		rows := makeScans(0, n)
		rows[n-1].Volume = math.NaN()
		err := tab.Append(t.Context(), rows)
		var row *table.RowError
		if !errors.As(err, &row) || !errors.Is(err, schema.ErrNaN) {
			t.Fatalf("error is %v, want a *RowError of schema.ErrNaN", err)
		}
		if v, ok := row.Value.(float64); row.Row != n-1 || row.Column != "volume" || row.Table != "scan" || !ok || !math.IsNaN(v) {
			t.Errorf("the error names table %q, row %d, column %q, value %v", row.Table, row.Row, row.Column, row.Value)
		}
	}
	if n, err := tab.Count(t.Context()); n != 0 || err != nil {
		t.Errorf("%d rows are stored, %v", n, err)
	}
}

// TestAppendContext: a context that has ended stores nothing.
func TestAppendContext(t *testing.T) {
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[scan]{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tab.Append(ctx, makeScans(0, 100)); !errors.Is(err, context.Canceled) {
		t.Errorf("Append: error is %v, want context.Canceled", err)
	}
	if _, err := tab.AppendOnce(ctx, "k", makeScans(0, 100)); !errors.Is(err, context.Canceled) {
		t.Errorf("AppendOnce: error is %v, want context.Canceled", err)
	}
	for _, err := range tab.All(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("All: error is %v, want context.Canceled", err)
		}
	}
	if n, err := tab.Count(t.Context()); n != 0 || err != nil {
		t.Errorf("%d rows are stored, %v", n, err)
	}
}

// TestAppendSeq stores a sequence in batches; an error of the sequence leaves
// what came before it.
func TestAppendSeq(t *testing.T) {
	for _, n := range []int{0, 1, 9, 10, 11, 35} {
		tab := openTable(t, openDB(t, tempPath(t)), table.Options[scan]{BatchRows: 10})
		want := makeScans(0, n)
		seq := func(yield func(scan, error) bool) {
			for _, row := range want {
				if !yield(row, nil) {
					return
				}
			}
		}
		if got, err := tab.AppendSeq(t.Context(), seq); got != int64(n) || err != nil {
			t.Errorf("%d rows: %d, %v", n, got, err)
		}
		if diff := cmp.Diff(want, collect(t, tab.All(t.Context()))); diff != "" {
			t.Errorf("%d rows (-want +got):\n%s", n, diff)
		}

		failing := func(yield func(scan, error) bool) {
			for i, row := range makeScans(0, 25) {
				// The table may be used meanwhile: no lock is held.
				if _, err := tab.Count(t.Context()); err != nil {
					t.Error(err)
				}
				if i == 24 {
					yield(row, errStop)
					return
				}
				if !yield(row, nil) {
					return
				}
			}
		}
		got, err := tab.AppendSeq(t.Context(), failing)
		if got != 24 || err != errStop {
			t.Errorf("a sequence that fails: %d, %v, want 24 and its error", got, err)
		}
		bad := func(yield func(scan, error) bool) {
			for i, row := range makeScans(0, 25) {
				if i == 17 {
					row.Volume = math.NaN()
				}
				if !yield(row, nil) {
					return
				}
			}
		}
		got, err = tab.AppendSeq(t.Context(), bad)
		var row *table.RowError
		if got != 10 || !errors.As(err, &row) || row.Row != 17 {
			t.Errorf("a bad row: %d, %v, want 10 and a *RowError of row 17", got, err)
		}
		if count, err := tab.Count(t.Context()); count != int64(n)+24+10 || err != nil {
			t.Errorf("%d rows in the table, %v, want %d", count, err, n+34)
		}
	}
}

// TestWhere reads with conditions and arguments of several types.
func TestWhere(t *testing.T) {
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[scan]{})
	rows := makeScans(0, 100)
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	keep := func(f func(scan) bool) []scan {
		kept := []scan{}
		for _, r := range rows {
			if f(r) {
				kept = append(kept, r)
			}
		}
		return kept
	}
	five := 5
	for _, c := range []struct {
		where string
		args  []any
		want  []scan
	}{
		{"voxels < ?", []any{10}, keep(func(s scan) bool { return s.Voxels < 10 })},
		{"voxels < ? AND region = ?", []any{uint8(10), "left"}, keep(func(s scan) bool { return s.Voxels < 10 && s.Region == "left" })},
		{"voxels = ?", []any{&five}, keep(func(s scan) bool { return s.Voxels == 5 })},
		{"good = ?", []any{true}, keep(func(s scan) bool { return s.Good })},
		{"volume > ?", []any{20.5}, keep(func(s scan) bool { return s.Volume > 20.5 })},
		{"voxels < ?", []any{time.Duration(3)}, keep(func(s scan) bool { return s.Voxels < 3 })},
		{"region = ?", []any{"' OR 1=1 --"}, []scan{}},
		{"voxels IS ?", []any{nil}, []scan{}},
	} {
		if diff := cmp.Diff(c.want, collect(t, tab.Where(t.Context(), c.where, c.args...))); diff != "" {
			t.Errorf("%s %v (-want +got):\n%s", c.where, c.args, diff)
		}
	}
	for _, c := range []struct {
		where string
		args  []any
	}{
		{"nothing = 1", nil}, {"voxels = ?", nil}, {"voxels = 1", []any{1}}, {"voxels = ?", []any{struct{}{}}},
		{"1; DROP TABLE scan", nil}, {"(", nil},
	} {
		n := 0
		for _, err := range tab.Where(t.Context(), c.where, c.args...) {
			n++
			if err == nil {
				t.Errorf("%q %v is accepted", c.where, c.args)
			}
		}
		if n != 1 {
			t.Errorf("%q %v: %d steps, want 1", c.where, c.args, n)
		}
	}
	if n, err := tab.Count(t.Context()); n != 100 || err != nil {
		t.Errorf("%d rows remain, %v", n, err)
	}
	// Leaving a loop early frees its connection.
	for range 100 {
		for range tab.All(t.Context()) {
			break
		}
	}
}

// TestOpenMismatch: a struct that differs from the table is refused, with
// every difference named.
func TestOpenMismatch(t *testing.T) {
	db := openDB(t, tempPath(t))
	openTable(t, db, table.Options[scan]{})
	type other struct {
		Subject string
		Region  *string
		Volume  string
		Extra   int
	}
	_, err := table.Open(t.Context(), db, table.Options[other]{Name: "scan"})
	var mismatch *store.MismatchError
	if !errors.As(err, &mismatch) {
		t.Fatalf("error is %v, want a *store.MismatchError", err)
	}
	named := map[string]bool{}
	for _, c := range mismatch.Changes {
		named[c.Column] = true
	}
	want := map[string]bool{"region": true, "volume": true, "extra": true, "voxels": true, "good": true}
	if diff := cmp.Diff(want, named); diff != "" {
		t.Errorf("columns named (-want +got):\n%s\n%v", diff, err)
	}
}

// TestStaleBinder: a binder for another struct is refused.
func TestStaleBinder(t *testing.T) {
	db := openDB(t, tempPath(t))
	_, err := table.Open(t.Context(), db, table.Options[scan]{Binder: staleBinder{}})
	if !errors.Is(err, table.ErrStaleBinder) {
		t.Fatalf("error is %v, want ErrStaleBinder", err)
	}
	const want = `table "scan": table_test.staleBinder: the generated binder does not fit the struct table_test.scan; run go generate github.com/galley-db/galley/table_test`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

type staleBinder struct{}

func (staleBinder) Fingerprint() string             { return "old" }
func (staleBinder) Bind(schema.Writer, *scan) error { return nil }
func (staleBinder) Scan(schema.Reader, *scan) error { return nil }

// TestNoAllocation: appending allocates for the batch, not for its rows.
func TestNoAllocation(t *testing.T) {
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[scan]{})
	few, many := makeScans(0, 100), makeScans(0, 2000)
	measure := func(rows []scan) float64 {
		return testing.AllocsPerRun(20, func() {
			if err := tab.Append(t.Context(), rows); err != nil {
				t.Fatal(err)
			}
		})
	}
	measure(many)
	if a, b := measure(few), measure(many); b > a+200 {
		t.Errorf("%v allocations for 100 rows, %v for 2,000", a, b)
	}
}
