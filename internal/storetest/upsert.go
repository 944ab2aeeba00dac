package storetest

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

type keyed struct {
	N     int64  `db:",key"`
	Part  string `db:",key"`
	Size  int64  `db:",check=size >= 0"`
	Note  *string
	Share float64 `db:",nan=null"`
}

// upsert stores rows that are new, changed and the same, alone, in larger
// numbers, and several times in one call, and counts each.
func (s Suite) upsert(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[keyed]{})
	row := func(n, size int64) keyed { return keyed{n, "p", size, nil, math.NaN()} }
	for _, step := range []struct {
		rows []keyed
		want store.Result
	}{
		{nil, store.Result{Applied: true}},
		{[]keyed{row(1, 10), row(2, 20)}, store.Result{Applied: true, Inserted: 2}},
		{[]keyed{row(1, 10), row(2, 21), row(3, 30)}, store.Result{Applied: true, Inserted: 1, Changed: 1, Unchanged: 1}},
		{[]keyed{row(4, 1), row(4, 2), row(4, 2), row(1, 11), row(1, 11), row(1, 10), row(5, 50)},
			store.Result{Applied: true, Inserted: 2, Changed: 3, Unchanged: 2}},
	} {
		res, err := tab.Upsert(t.Context(), step.rows)
		wantResult(t, step.want, res, err)
	}
	noted := row(5, 50)
	noted.Note = ptr("x")
	share := row(3, 30)
	share.Share = 0.25
	res, err := tab.Upsert(t.Context(), []keyed{noted, share, row(2, 21)})
	wantResult(t, store.Result{Applied: true, Changed: 2, Unchanged: 1}, res, err)
	got := collect(t, tab.Where(t.Context(), "", table.OrderBy("n")))
	rows := []keyed{row(1, 10), row(2, 21), share, row(4, 2), noted}
	if diff := cmp.Diff(rows, got, sameEverything); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	var many []keyed
	for i := range 1_000 {
		many = append(many, row(int64(i), int64(i)))
	}
	res, err = tab.Upsert(t.Context(), many)
	wantResult(t, store.Result{Applied: true, Inserted: 995, Changed: 5}, res, err)
	// Around the sizes of the statements, each row twice in a call.
	sized := openTable(t, b, table.Options[keyed]{Name: "sized"})
	for _, n := range []int{0, 1, 7, 8, 9, 49, 50, 51, 200} {
		twice := func(sizes ...int64) (rows []keyed) {
			for _, size := range sizes {
				for i := range n {
					rows = append(rows, row(int64(i), size))
				}
			}
			return rows
		}
		before, err := sized.Count(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		there := min(before, int64(n))
		res, err := sized.Upsert(t.Context(), twice(1, 2))
		wantResult(t, store.Result{Applied: true, Inserted: int64(n) - there, Changed: int64(n) + there}, res, err)
		res, err = sized.Upsert(t.Context(), twice(2))
		wantResult(t, store.Result{Applied: true, Unchanged: int64(n)}, res, err)
	}
	// One bad row fails the call, whole, also if a later one hides it.
	for name, bad := range map[string][]keyed{"bad": {row(1, 5), row(1, -1)}, "hidden": {row(1, 5), row(1, -1), row(1, 6)}} {
		_, err = tab.Upsert(t.Context(), bad)
		var at *table.RowError
		if !errors.As(err, &at) || !errors.Is(err, store.ErrConstraint) || at.Row != 1 {
			t.Errorf("%s: error is %v, want a *RowError of row 1 with store.ErrConstraint", name, err)
		}
	}
	if one, err := tab.One(t.Context(), "n = 1"); err != nil || one.Size != 1 {
		t.Errorf("size is %d, %v, want 1", one.Size, err)
	}
}

// item has a key of two columns, a unique column beside it, and NULLs.
type item struct {
	Subject string `db:",key"`
	N       int64  `db:",key"`
	Seat    *int64 `db:",unique"`
	Note    *string
	X       float64 `db:",nan=null"`
}

type itemKey struct {
	subject string
	n       int64
}

// items are what a table of them holds.
type items map[itemKey]item

// taken reports that the seat of i is another's.
func (m items) taken(i item) bool {
	for key, other := range m {
		if key != (itemKey{i.Subject, i.N}) && i.Seat != nil && other.Seat != nil && *i.Seat == *other.Seat {
			return true
		}
	}
	return false
}

// store does what a call does, row by row, and returns the result, or the row
// that cannot be stored.
func (m items) store(mode schema.Mode, rows []item) (after items, res store.Result, bad int) {
	after, res.Applied = maps.Clone(m), true
	for i, row := range rows {
		key := itemKey{row.Subject, row.N}
		old, there := after[key]
		refused := after.taken(row) || there && mode != schema.Upsert
		switch {
		case refused && mode == schema.Ignore:
			res.Unchanged++
			continue
		case refused:
			return m, store.Result{}, i
		case !there:
			res.Inserted++
		case cmp.Equal(old, row):
			res.Unchanged++
		default:
			res.Changed++
		}
		after[key] = row
	}
	return after, res, -1
}

// upsertUnique upserts where a unique group stands beside the key: row by row,
// each finds what the one before it has left.
func (s Suite) upsertUnique(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[uniqueReading]{})
	for _, step := range []struct {
		rows []uniqueReading
		want store.Result
	}{
		{[]uniqueReading{{1, "", 5}, {1, "", 6}, {2, "", 5}}, store.Result{Applied: true, Inserted: 2, Changed: 1}},
		{[]uniqueReading{{1, "", 7}, {2, "", 6}, {1, "", 5}}, store.Result{Applied: true, Changed: 3}},
	} {
		res, err := tab.Upsert(t.Context(), step.rows)
		wantResult(t, step.want, res, err)
	}
	_, err := tab.Upsert(t.Context(), []uniqueReading{{3, "", 8}, {3, "", 5}, {3, "", 9}, {4, "", 6}})
	var row *table.RowError
	if !errors.As(err, &row) || !errors.Is(err, store.ErrConstraint) || row.Row != 1 || row.Column != "code" || row.Value != int64(5) {
		t.Errorf("error is %v, want a *RowError of row 1, column code, value 5", err)
	}
	want(t, tab.View, []uniqueReading{{1, "", 5}, {2, "", 6}})
}

// upsertModel holds random programs of Upsert, Ignore and Append against a map:
// rows, counts, and the row that an error names.
func (s Suite) upsertModel(t *testing.T) {
	b := s.Open(t)
	round := 0
	drawn := rapid.Custom(func(rt *rapid.T) item {
		return item{
			Subject: rapid.SampledFrom([]string{"", "sub-01", "ü"}).Draw(rt, "subject"),
			N:       rapid.Int64Range(0, 20).Draw(rt, "n"),
			Seat:    rapid.Ptr(rapid.Int64Range(0, 40), true).Draw(rt, "seat"),
			Note:    rapid.Ptr(rapid.SampledFrom([]string{"", "a", "b"}), true).Draw(rt, "note"),
			X:       rapid.SampledFrom([]float64{0, 1, 2.5, -1e300}).Draw(rt, "x"),
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		round++
		tab := openTable(t, b, table.Options[item]{Name: fmt.Sprintf("model_%d", round)})
		model := items{}
		for range rapid.IntRange(1, 8).Draw(rt, "calls") {
			mode := rapid.SampledFrom([]schema.Mode{schema.Append, schema.Upsert, schema.Ignore}).Draw(rt, "mode")
			most := 70
			if mode == schema.Append {
				most = 6 // of more, one exists
			}
			rows := rapid.SliceOfN(drawn, 0, most).Draw(rt, "rows")
			after, wanted, bad := model.store(mode, rows)
			got, err := tab.Insert(t.Context(), table.Batch[item]{Rows: rows, Mode: mode})
			var row *table.RowError
			switch {
			case bad >= 0 && (!errors.Is(err, store.ErrConstraint) || !errors.As(err, &row) || row.Row != bad):
				rt.Fatalf("mode %d: error is %v, want a *RowError of row %d", mode, err, bad)
			case bad < 0 && (err != nil || got != wanted):
				rt.Fatalf("mode %d: result is %+v, %v, want %+v", mode, got, err, wanted)
			}
			model = after
		}
		stored := items{}
		for row, err := range tab.All(t.Context()) {
			if err != nil {
				rt.Fatal(err)
			}
			stored[itemKey{row.Subject, row.N}] = row
		}
		if diff := cmp.Diff(model, stored); diff != "" {
			rt.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// upsertRefused upserts into a table without a key.
func (s Suite) upsertRefused(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	if _, err := tab.Upsert(t.Context(), readings(0, 1)); !errors.Is(err, store.ErrNoKey) {
		t.Errorf("error is %v, want store.ErrNoKey", err)
	}
	if _, err := store.Insert(t.Context(), b, &store.Batch{Schema: tab.Schema(), Mode: 9, Rows: rawRows{}}); !errors.Is(err, store.ErrOptions) {
		t.Errorf("an unknown mode: error is %v, want store.ErrOptions", err)
	}
	// Ignore needs no key: nothing conflicts.
	all := []reading{}
	for _, n := range []int{1, 29, 30, 100} {
		rows := readings(len(all), n)
		res, err := tab.Ignore(t.Context(), rows)
		wantResult(t, store.Result{Applied: true, Inserted: int64(n)}, res, err)
		all = append(all, rows...)
	}
	want(t, tab.View, all)
}

// ignore leaves out rows that break the key or a unique group.
func (s Suite) ignore(t *testing.T) {
	tab := openTable(t, s.Open(t), table.Options[uniqueReading]{})
	first := []uniqueReading{{1, "a", 10}, {2, "b", 20}, {1, "x", 30}, {3, "c", 10}}
	res, err := tab.Ignore(t.Context(), first)
	wantResult(t, store.Result{Applied: true, Inserted: 2, Unchanged: 2}, res, err)
	res, err = tab.Ignore(t.Context(), append(first, uniqueReading{4, "d", 40}))
	wantResult(t, store.Result{Applied: true, Inserted: 1, Unchanged: 4}, res, err)
	want(t, tab.View, []uniqueReading{{1, "a", 10}, {2, "b", 20}, {4, "d", 40}})
}
