package storetest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

type byHand struct {
	N int64
	S string
	X float64
}

// byHandMore is byHand with a column that Additive adds.
type byHandMore struct {
	byHand
	More *string
}

// changedByHand has another program put a table of other columns in the place of
// one that is open. No row goes in or comes out, and no change is made to it,
// until the table is as it was.
func (s Suite) changedByHand(t *testing.T) {
	n, text, x := schema.Column{Name: "n", Type: schema.Int64}, schema.Column{Name: "s", Type: schema.Text}, schema.Column{Name: "x", Type: schema.Float64}
	as := func(c schema.Column, kind schema.Type) schema.Column { c.Type = kind; return c }
	other := n
	other.Name = "m"
	for name, c := range map[string]struct {
		columns []schema.Column // none: the table is dropped
		values  string
	}{
		"integer to text":  {[]schema.Column{as(n, schema.Text), text, x}, "'abc', 'a', 0.5"},
		"integer to float": {[]schema.Column{as(n, schema.Float64), text, x}, "2.5, 'a', 0.5"},
		"text to integer":  {[]schema.Column{n, as(text, schema.Int64), x}, "1, 7, 0.5"},
		"text to blob":     {[]schema.Column{n, as(text, schema.Blob), x}, ""},
		"float to integer": {[]schema.Column{n, text, as(x, schema.Int64)}, "1, 'a', 7"},
		"renamed":          {[]schema.Column{other, text, x}, "1, 'a', 0.5"},
		"missing":          {[]schema.Column{n, text}, "1, 'a'"},
		"dropped":          {},
	} {
		b := s.Open(t)
		tab := openTable(t, b, table.Options[byHand]{Name: "t", Retrier: once})
		if err := tab.Append(t.Context(), []byHand{{1, "a", 0.5}}); err != nil {
			t.Fatal(err)
		}
		statements := []string{"DROP TABLE t"}
		if c.columns != nil {
			statements = append(statements, mustSchema(t, "t", c.columns...).CreateTable(b.Dialect())...)
		}
		if c.values != "" {
			statements = append(statements, "INSERT INTO t VALUES ("+c.values+")")
		}
		s.ByHand(t, b, statements...)
		var mismatch *store.MismatchError
		for _, n := range []int{1, 100} {
			rows := make([]byHand, n)
			if err := tab.Append(t.Context(), rows); !errors.As(err, &mismatch) {
				t.Errorf("%s: Append of %d rows: error is %v, want a *store.MismatchError", name, n, err)
			}
			if _, err := tab.AppendOnce(t.Context(), "k", rows); !errors.As(err, &mismatch) {
				t.Errorf("%s: AppendOnce of %d rows: error is %v, want a *store.MismatchError", name, n, err)
			}
		}
		for how, rows := range map[string]func(func(byHand, error) bool){
			"All": tab.All(t.Context()), "Where": tab.Where(t.Context(), "1 = 1"),
		} {
			for row, err := range rows {
				if err == nil {
					t.Errorf("%s: %s gives %+v", name, how, row)
				}
			}
		}
		if c.values != "" {
			for row, err := range store.Query[byHand](t.Context(), b, "SELECT * FROM t") {
				if err == nil && name != "float to integer" { // 7 is a float too
					t.Errorf("%s: Query gives %+v", name, row)
				}
			}
		}
		for _, how := range []store.Evolution{store.Strict, store.Additive, store.Rebuild} {
			if _, err := table.Open(t.Context(), b, table.Options[byHand]{Name: "t", Evolve: how}); !errors.As(err, &mismatch) {
				t.Errorf("%s: Open under %v: error is %v, want a *store.MismatchError", name, how, err)
			}
		}
		if _, err := table.Open(t.Context(), b, table.Options[byHandMore]{Name: "t", Evolve: store.Additive}); !errors.As(err, &mismatch) {
			t.Errorf("%s: a change: error is %v, want a *store.MismatchError", name, err)
		}
		statements = tab.Schema().CreateTable(b.Dialect())
		if c.columns != nil {
			statements = append([]string{"DROP TABLE t"}, statements...)
		}
		s.ByHand(t, b, statements...)
		if err := tab.Append(t.Context(), []byHand{{2, "b", 1}}); err != nil {
			t.Errorf("%s: as it was: %v", name, err)
		}
		want(t, tab.View, []byHand{{2, "b", 1}})
	}
}

// nullByHand has another program allow NULL in a column, and store one. Rows that
// have none are read; the NULL is an error, and not a zero.
func (s Suite) nullByHand(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[byHand]{Name: "t"})
	columns := slices.Clone(tab.Schema().Columns())
	columns[0].Nullable = true
	s.ByHand(t, b, append(append([]string{"DROP TABLE t"}, mustSchema(t, "t", columns...).CreateTable(b.Dialect())...), "INSERT INTO t VALUES (NULL, 'a', 1)")...)
	for how, q := range map[string]store.Select{"the table": {Schema: tab.Schema()}, "a query": {Schema: tab.Schema(), SQL: "SELECT * FROM t"}} {
		rows := 0
		err := b.Query(t.Context(), q, func(r schema.Reader) (bool, error) {
			n, err := r.Int64(0), store.ReadError(r)
			if err == nil {
				rows++
				t.Errorf("%s: NULL is read as %d", how, n)
			}
			return true, err
		})
		var mismatch *store.MismatchError
		if rows > 0 || !errors.Is(err, schema.ErrNull) && !errors.As(err, &mismatch) {
			t.Errorf("%s: %d rows, error is %v, want schema.ErrNull or a *store.MismatchError", how, rows, err)
		}
	}
	var mismatch *store.MismatchError
	if _, err := table.Open(t.Context(), b, table.Options[byHand]{Name: "t"}); !errors.As(err, &mismatch) {
		t.Errorf("Open: error is %v, want a *store.MismatchError", err)
	}
}

// droppedByHand has another program drop a table, and galley create it again: the
// keys of its batches went with it, so all can be stored again, and the history
// says so. The keys of other tables stay.
func (s Suite) droppedByHand(t *testing.T) {
	b := s.Open(t)
	store5 := func(tab *table.Table[byHand]) (applied int) {
		for i := range 5 {
			did, err := tab.AppendOnce(t.Context(), fmt.Sprint(i), []byHand{{int64(i), "a", 1}})
			if err != nil {
				t.Error(err)
			}
			if did {
				applied++
			}
		}
		return applied
	}
	tab, other := openTable(t, b, table.Options[byHand]{Name: "t"}), openTable(t, b, table.Options[byHand]{Name: "other"})
	store5(tab)
	store5(other)
	s.ByHand(t, b, "DROP TABLE t")
	_, err := table.Open(t.Context(), b, table.Options[byHand]{Name: "t"})
	if mismatch, ok := errors.AsType[*store.MismatchError](err); !ok || !strings.Contains(mismatch.Reason, "dropped or renamed it") || !strings.Contains(mismatch.Hint, "galley_columns") {
		t.Errorf("a table that is gone: error is %v, want a *store.MismatchError that says so", err)
	}
	s.ByHand(t, b, "DELETE FROM galley_columns WHERE "+b.Dialect().Quote("table")+" = 't'")
	again := openTable(t, b, table.Options[byHand]{Name: "t"})
	if n := store5(again); n != 5 {
		t.Errorf("%d of 5 batches are stored again", n)
	}
	if n := store5(other); n != 0 {
		t.Errorf("%d batches of another table are stored again", n)
	}
	if n, err := again.Count(t.Context()); n != 5 || err != nil {
		t.Errorf("%d rows, %v, want 5", n, err)
	}
	history, err := store.Value[string](t.Context(), b, "SELECT changes FROM galley_history ORDER BY id DESC LIMIT 1")
	if err != nil || !strings.Contains(history, "removed 5 keys") {
		t.Errorf("the history says %q, %v", history, err)
	}
}

// queryRounds reads integers as floats: one that would be rounded is an error.
func (s Suite) queryRounds(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[one[int64]]{Name: "t"})
	for _, n := range []int64{0, -7, 1 << 24, 1<<24 + 1, 1 << 53, -1 << 53, 1<<53 + 1, -1<<53 - 1, 1<<53 + 2, 1 << 62, math.MaxInt64, math.MinInt64} {
		if err := tab.Append(t.Context(), []one[int64]{{n}}); err != nil {
			t.Fatal(err)
		}
		const query = "SELECT x FROM t WHERE x = %d"
		if f := float64(n); f < 1<<63 && int64(f) == n {
			got, err := store.Value[float64](t.Context(), b, fmt.Sprintf(query, n))
			if diff := cmp.Diff(f, got); diff != "" || err != nil {
				t.Errorf("%d as a float64: %v (-want +got):\n%s", n, err, diff)
			}
		} else if got, err := store.Value[float64](t.Context(), b, fmt.Sprintf(query, n)); !errors.Is(err, schema.ErrOverflow) {
			t.Errorf("%d as a float64: %v, error is %v, want schema.ErrOverflow", n, got, err)
		}
		if f := float32(n); f < 1<<63 && int64(f) == n {
			if got, err := store.Value[float32](t.Context(), b, fmt.Sprintf(query, n)); got != f || err != nil {
				t.Errorf("%d as a float32: %v, %v", n, got, err)
			}
		} else if got, err := store.Value[float32](t.Context(), b, fmt.Sprintf(query, n)); !errors.Is(err, schema.ErrOverflow) {
			t.Errorf("%d as a float32: %v, error is %v, want schema.ErrOverflow", n, got, err)
		}
	}
}
