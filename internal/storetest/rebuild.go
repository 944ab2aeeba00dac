package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

type rebuildBefore struct {
	ID    int32  `db:",key"`
	Name  string `db:",unique"`
	Size  int32  `db:",check=size >= 0"`
	Share float64
	Gone  string `db:",index"`
	Maybe *int64
	At    time.Time
}

type rebuildAfter struct {
	N     int64     `db:",key,was=id"`
	Name  string    `db:",key"`
	Size  int64     `db:",check=size >= 5,default=7"`
	Share float32   `db:",index"`
	Maybe int64     `db:",unique=m"`
	At    time.Time `db:",time=s"`
	Added *string
}

// rebuild changes types, rules and the key of a table with rows.
func (s Suite) rebuild(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[rebuildBefore]{Name: "t"})
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	err := tab.Append(t.Context(), []rebuildBefore{{1, "a", 10, 0.5, "x", ptr(int64(5)), at}, {2, "b", 20, -2.25, "y", ptr(int64(6)), at}})
	if err != nil {
		t.Fatal(err)
	}
	after := openTable(t, b, table.Options[rebuildAfter]{Name: "t", Evolve: store.RebuildAndDrop})
	rows := []rebuildAfter{{1, "a", 10, 0.5, 5, at, nil}, {2, "b", 20, -2.25, 6, at, nil}}
	want(t, after.View, rows)
	if diff := cmp.Diff(columnsOf[rebuildAfter](t), describe(t, b, "t")); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	// The new rules hold, the old ones no longer.
	more := rebuildAfter{1, "b", 6, 0, 7, at, ptr("z")}
	if err := after.Append(t.Context(), []rebuildAfter{more}); err != nil {
		t.Errorf("a row that the old key refuses: %v", err)
	}
	for name, row := range map[string]rebuildAfter{
		"key": {2, "b", 10, 0, 8, at, nil}, "check": {3, "c", 4, 0, 8, at, nil}, "unique": {4, "d", 10, 0, 5, at, nil},
	} {
		if err := after.Append(t.Context(), []rebuildAfter{row}); !errors.Is(err, store.ErrConstraint) {
			t.Errorf("%s: error is %v, want store.ErrConstraint", name, err)
		}
	}
	got := collect(t, after.Where(t.Context(), "", table.OrderBy("n, name")))
	if diff := cmp.Diff([]rebuildAfter{rows[0], more, rows[1]}, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// rebuildRefused are values that do not fit the new types: the table is as it
// was.
func (s Suite) rebuildRefused(t *testing.T) {
	b := s.Open(t)
	type small struct {
		N int8
		X float64
	}
	type whole struct {
		N int64
		X int64
	}
	type needed struct {
		N int64
		X float64
		Y int64
	}
	type otherwise struct {
		N int64
		X string
	}
	type was struct {
		N int64
		X float64
	}
	tab := openTable(t, b, table.Options[was]{Name: "t"})
	rows := []was{{1, 1}, {200, 2.5}}
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		err  error
		kind error
	}{
		"out of range": {openError[small](t, b), schema.ErrOverflow},
		"not whole":    {openError[whole](t, b), schema.ErrOverflow},
		"no default":   {openError[needed](t, b), nil},
		"text":         {openError[otherwise](t, b), nil},
	} {
		var mismatch *store.MismatchError
		if c.kind != nil && !errors.Is(c.err, c.kind) {
			t.Errorf("%s: error is %v, want %q", name, c.err, c.kind)
		}
		if c.kind == nil && !errors.As(c.err, &mismatch) && !errors.Is(c.err, schema.ErrOverflow) {
			t.Errorf("%s: error is %v, want a *store.MismatchError or schema.ErrOverflow", name, c.err)
		}
		if diff := cmp.Diff(columnsOf[was](t), describe(t, b, "t")); diff != "" {
			t.Errorf("%s: columns (-want +got):\n%s", name, diff)
		}
		want(t, tab.View, rows)
	}
}

func openError[T any](t *testing.T, b store.Backend) error {
	_, err := table.Open(t.Context(), b, table.Options[T]{Name: "t", Evolve: store.Rebuild})
	return err
}

// outdated holds that rows of a struct do not go into a table that another
// process has rebuilt meanwhile: the old type and the new one are of the same
// length on disk or on the wire.
func (s Suite) outdated(t *testing.T) {
	type before struct {
		N int64
		X int64
	}
	type after struct {
		N int64
		X float64
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[before]{Name: "t"})
	if err := tab.Append(t.Context(), []before{{1, 1}}); err != nil {
		t.Fatal(err)
	}
	now := openTable(t, s.Again(t, b), table.Options[after]{Name: "t", Evolve: store.Rebuild})
	for _, n := range []int{1, 100} {
		rows := make([]before, n)
		for i := range rows {
			rows[i] = before{int64(10 + i), 1 << 62}
		}
		var mismatch *store.MismatchError
		if err := tab.Append(t.Context(), rows); !errors.As(err, &mismatch) {
			t.Errorf("Append: error is %v, want a *store.MismatchError", err)
		}
		if _, err := tab.AppendOnce(t.Context(), "k", rows); !errors.As(err, &mismatch) {
			t.Errorf("AppendOnce: error is %v, want a *store.MismatchError", err)
		}
	}
	want(t, now.View, []after{{1, 1}})
}
