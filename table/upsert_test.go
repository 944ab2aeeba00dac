package table_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// item has a key of two columns, a unique column beside it, and NULLs.
type item struct {
	Subject string `db:"subject,key"`
	N       int64  `db:"n,key"`
	Seat    *int64 `db:"seat,unique"`
	Note    *string
	X       float64 `db:"x,nan=null"`
}

// plain is item without the unique column: its statements take many rows.
type plain struct {
	Subject string `db:"subject,key"`
	N       int64  `db:"n,key"`
	Note    *string
	X       float64
}

// itemModel is what a table of items holds, and what a call does to it row by
// row.
type itemModel struct {
	rows map[string]item
}

func (i item) id() string { return fmt.Sprint(i.Subject, "/", i.N) }

func (m *itemModel) seatTaken(i item) bool {
	for id, other := range m.rows {
		if id != i.id() && i.Seat != nil && other.Seat != nil && *i.Seat == *other.Seat {
			return true
		}
	}
	return false
}

// apply returns the result, or the index of the row that cannot be stored.
func (m *itemModel) apply(rows []item, one func(item) (*int64, bool)) (bad int, ok bool) {
	before := maps.Clone(m.rows)
	for k, row := range rows {
		count, ok := one(row)
		if !ok {
			m.rows = before
			return k, false
		}
		*count++
	}
	return 0, true
}

func (m *itemModel) upsert(rows []item) (res table.Result, bad int, ok bool) {
	res.Applied = true
	bad, ok = m.apply(rows, func(row item) (*int64, bool) {
		if m.seatTaken(row) {
			return nil, false
		}
		old, there := m.rows[row.id()]
		m.rows[row.id()] = row
		switch {
		case !there:
			return &res.Inserted, true
		case !cmp.Equal(old, row):
			return &res.Changed, true
		}
		return &res.Left, true
	})
	return res, bad, ok
}

func (m *itemModel) ignore(rows []item) (res table.Result) {
	res.Applied = true
	m.apply(rows, func(row item) (*int64, bool) {
		if _, there := m.rows[row.id()]; there || m.seatTaken(row) {
			return &res.Left, true
		}
		m.rows[row.id()] = row
		return &res.Inserted, true
	})
	return res
}

func (m *itemModel) append(rows []item) (bad int, ok bool) {
	var n int64
	return m.apply(rows, func(row item) (*int64, bool) {
		_, there := m.rows[row.id()]
		if there || m.seatTaken(row) {
			return nil, false
		}
		m.rows[row.id()] = row
		return &n, true
	})
}

var itemGen = rapid.Custom(func(t *rapid.T) item {
	i := item{
		Subject: rapid.SampledFrom([]string{"", "sub-01", "ü"}).Draw(t, "subject"),
		N:       rapid.Int64Range(0, 20).Draw(t, "n"),
		X:       rapid.SampledFrom([]float64{0, 1, 2.5, -1e300}).Draw(t, "x"),
	}
	if rapid.Bool().Draw(t, "seated") {
		seat := rapid.Int64Range(0, 40).Draw(t, "seat")
		i.Seat = &seat
	}
	if rapid.Bool().Draw(t, "noted") {
		note := rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "note")
		i.Note = &note
	}
	return i
})

// TestUpsertModel runs random programs of Upsert, Ignore and Append against a
// map: rows, counts, and the row that an error names.
func TestUpsertModel(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		db := openCase(rt)
		tab, err := table.Open(ctx, db, table.Options[item]{})
		if err != nil {
			rt.Fatal(err)
		}
		m := &itemModel{rows: map[string]item{}}
		refused := func(t *rapid.T, err error, bad int, ok bool) {
			var row *table.RowError
			if (err == nil) != ok {
				t.Fatalf("error %v, want none: %v", err, ok)
			}
			if err != nil && (!errors.Is(err, store.ErrConstraint) || !errors.As(err, &row) || row.Row != bad) {
				t.Fatalf("error %v, want a *RowError of row %d", err, bad)
			}
		}
		rows := rapid.SliceOfN(itemGen, 0, 70)
		rt.Repeat(map[string]func(*rapid.T){
			"Upsert": func(t *rapid.T) {
				batch := rows.Draw(t, "rows")
				want, bad, ok := m.upsert(batch)
				got, err := tab.Upsert(ctx, batch)
				refused(t, err, bad, ok)
				if ok && got != want {
					t.Fatalf("Result %+v, want %+v", got, want)
				}
			},
			"Ignore": func(t *rapid.T) {
				batch := rows.Draw(t, "rows")
				want := m.ignore(batch)
				if got, err := tab.Ignore(ctx, batch); err != nil || got != want {
					t.Fatalf("Result %+v, %v, want %+v", got, err, want)
				}
			},
			"Append": func(t *rapid.T) {
				batch := rapid.SliceOfN(itemGen, 0, 6).Draw(t, "rows")
				bad, ok := m.append(batch)
				refused(t, tab.Append(ctx, batch), bad, ok)
			},
			"": func(t *rapid.T) {
				got := map[string]item{}
				for row, err := range tab.All(ctx) {
					if err != nil {
						t.Fatal(err)
					}
					got[row.id()] = row
				}
				if diff := cmp.Diff(m.rows, got); diff != "" {
					t.Fatalf("rows (-want +got):\n%s", diff)
				}
			},
		})
	})
}

// TestUpsertBatches: batches at the sizes of the statements, each row twice in
// a batch, with values that change and that do not.
func TestUpsertBatches(t *testing.T) {
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[plain]{})
	make := func(n int, note string) []plain {
		rows := []plain{}
		for i := range n {
			rows = append(rows, plain{"s", int64(i), &note, float64(i)})
		}
		return rows
	}
	for _, n := range []int{0, 1, 7, 8, 9, 49, 50, 51, 200} {
		if err := errors.Join(func() error { _, err := tab.Replace(t.Context(), "x", nil); return err }()); !errors.Is(err, table.ErrNoBatchColumn) {
			t.Fatalf("Replace without a batch column: %v", err)
		}
		before, err := tab.Count(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		there := min(before, int64(n))
		rows := append(make(n, "a"), make(n, "b")...)
		got, err := tab.Upsert(t.Context(), rows)
		want := table.Result{Applied: true, Inserted: int64(n) - there, Changed: int64(n) + there}
		if err != nil || got != want {
			t.Errorf("%d rows: %+v, %v, want %+v", n, got, err, want)
		}
		got, err = tab.Upsert(t.Context(), make(n, "b"))
		if want := (table.Result{Applied: true, Left: int64(n)}); err != nil || got != want {
			t.Errorf("%d rows again: %+v, %v, want %+v", n, got, err, want)
		}
	}
}

// TestUpsertNoKey: without a key there is nothing to go by.
func TestUpsertNoKey(t *testing.T) {
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[scan]{})
	if _, err := tab.Upsert(t.Context(), makeScans(0, 3)); !errors.Is(err, table.ErrNoKey) {
		t.Errorf("error %v, want ErrNoKey", err)
	}
	// Ignore needs none: nothing conflicts.
	for _, n := range []int{1, 29, 30, 100} {
		res, err := tab.Ignore(t.Context(), makeScans(0, n))
		if want := (table.Result{Applied: true, Inserted: int64(n)}); err != nil || res != want {
			t.Errorf("Ignore of %d rows: %+v, %v", n, res, err)
		}
	}
}

// TestUpsertInGroups: Upsert, Ignore, Append and Replace of eight goroutines
// share commits, and each Result is as if the call had been alone.
func TestUpsertInGroups(t *testing.T) {
	db := openDB(t, tempPath(t))
	items := openTable(t, db, table.Options[item]{})
	sessions := openTable(t, db, table.Options[session]{})
	scans := openTable(t, db, table.Options[scan]{})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			m := &itemModel{rows: map[string]item{}}
			batch := func(from, n int) []item {
				rows := []item{}
				for i := range n {
					rows = append(rows, item{Subject: fmt.Sprint(g), N: int64(from + i), X: float64(from)})
				}
				return rows
			}
			for round := range 40 {
				rows := slices.Concat(batch(round, 20), batch(round, 5))
				want, _, _ := m.upsert(rows)
				if got, err := items.Upsert(t.Context(), rows); err != nil || got != want {
					t.Errorf("Upsert %+v, %v, want %+v", got, err, want)
				}
				want = m.ignore(batch(2*round, 30))
				if got, err := items.Ignore(t.Context(), batch(2*round, 30)); err != nil || got != want {
					t.Errorf("Ignore %+v, %v, want %+v", got, err, want)
				}
				bad := batch(0, 1) // is there
				var row *table.RowError
				if err := items.Append(t.Context(), bad); !errors.As(err, &row) {
					t.Errorf("Append of a key that is there: %v", err)
				}
				key := fmt.Sprint("key", g, "/", round%3)
				got, err := sessions.Replace(t.Context(), key, makeSessions(round, 40))
				want = table.Result{Applied: true, Inserted: 40}
				if round >= 3 {
					want.Removed = 40
				}
				if err != nil || got != want {
					t.Errorf("Replace %+v, %v, want %+v", got, err, want)
				}
				if err := scans.Append(t.Context(), makeScans(1000*g, 40)); err != nil {
					t.Error(err)
				}
			}
			n := 0
			for row, err := range items.Where(t.Context(), "subject = ?", fmt.Sprint(g)) {
				if err != nil || !cmp.Equal(row, m.rows[row.id()]) {
					t.Errorf("row %+v, %v", row, err)
				}
				n++
			}
			if n != len(m.rows) {
				t.Errorf("%d rows, want %d", n, len(m.rows))
			}
		}()
	}
	wg.Wait()
	if n, err := sessions.Count(t.Context()); n != 8*3*40 || err != nil {
		t.Errorf("%d rows of sessions, %v, want %d", n, err, 8*3*40)
	}
	if s := db.Stats(); s.Groups >= s.Batches {
		t.Errorf("%d batches in %d groups: nothing was shared", s.Batches, s.Groups)
	}
}
