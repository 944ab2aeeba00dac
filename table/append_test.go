package table_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// TestMostColumns appends rows of as many columns as SQLite has.
func TestMostColumns(t *testing.T) {
	const most = 2000
	cols := make([]schema.Column, most+1)
	for i := range cols {
		cols[i] = schema.Column{Name: fmt.Sprintf("c%d", i), Type: schema.Int64}
	}
	s, err := schema.New("wide", cols[:most])
	if err != nil {
		t.Fatal(err)
	}
	db := openDB(t, tempPath(t))
	if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
		t.Fatal(err)
	}
	var rows, sum, want int64
	for _, n := range []int{1, 17, 40} {
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: wideRows{n, most}}); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			want += int64(i) * most * (most - 1) / 2
		}
	}
	// By statements alone, of as many parameters as there may be.
	const all = 60
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Mode: schema.Ignore, Rows: wideRows{all, most}}); err != nil {
		t.Fatal(err)
	}
	for i := range all {
		want += int64(i) * most * (most - 1) / 2
	}
	err = db.Query(t.Context(), store.Select{Schema: s}, func(r schema.Reader) (bool, error) {
		rows++
		for i := range most {
			sum += r.Int64(i)
		}
		return true, nil
	})
	if err != nil || rows != 58+all || sum != want {
		t.Errorf("%d rows with a sum of %d, %v, want %d and %d", rows, sum, err, 58+all, want)
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
