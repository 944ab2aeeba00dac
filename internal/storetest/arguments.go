package storetest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// side is stored by its MarshalText.
type side int

func (s side) MarshalText() ([]byte, error) { return []byte([]string{"left", "right"}[s]), nil }

func (s *side) UnmarshalText(text []byte) error {
	*s = 0
	if string(text) == "right" {
		*s = 1
	}
	return nil
}

// grade is stored as the integer that it is, whatever Value returns.
type grade int64

func (g grade) Value() (driver.Value, error) { return int64(g) + 1, nil }

// twofold has both methods; a column uses MarshalText.
type twofold string

func (w twofold) MarshalText() ([]byte, error)     { return []byte("text " + w), nil }
func (w *twofold) UnmarshalText(text []byte) error { *w = twofold(text[len("text "):]); return nil }
func (w twofold) Value() (driver.Value, error)     { return "value " + string(w), nil }

type methods struct {
	N       int64
	Side    side
	Grade   grade
	Twofold twofold
	Score   score  `db:",sql=text"`
	Seen    moment `db:",sql=time,time=s"`
	ID      [2]byte
}

// arguments looks for rows by values whose types have methods: each is found as
// its column is stored.
func (s Suite) arguments(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[methods]{})
	rows := []methods{
		{0, 0, 1, "a", 1, moment{time.Unix(1, 0).UTC()}, [2]byte{1, 0}},
		{1, 1, 2, "b", 2, moment{time.Unix(2, 0).UTC()}, [2]byte{0, 2}},
	}
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	right, second, two := side(1), twofold("b"), score(2)
	for _, c := range []struct {
		where string
		arg   any
	}{
		{"side = ?", right},
		{"side = ?", &right},
		{"side IN (?)", []side{1}},
		{"side = ?", sql.Null[side]{V: 1, Valid: true}},
		{"grade = ?", grade(2)},
		{"twofold = ?", second},
		{"twofold = ?", &second},
		{"score = ?", two},
		{"score = ?", &two},
		{"score IN (?)", []score{2, 3}},
		{"score = ?", sql.Null[score]{V: 2, Valid: true}},
		{"seen = ?", rows[1].Seen},
		{"seen = ?", &rows[1].Seen},
		{"seen > ?", rows[0].Seen.at},
		{"id = ?", rows[1].ID},
		{"id = ?", &rows[1].ID},
		{"id IN (?)", [][2]byte{{0, 2}, {0, 3}}},
	} {
		if row, err := tab.One(t.Context(), c.where, c.arg); err != nil || row != rows[1] {
			t.Errorf("%s with %T: %+v, %v, want %+v", c.where, c.arg, row, err, rows[1])
		}
		if n, err := tab.CountWhere(t.Context(), c.where, c.arg); err != nil || n != 1 {
			t.Errorf("%s with %T: %d rows, %v, want 1", c.where, c.arg, n, err)
		}
	}
}

// argumentsUnsigned compares uint64s with the columns that store them as text or
// bytes. Beside columns of numbers such an argument is refused: it would find no row, or
// each.
func (s Suite) argumentsUnsigned(t *testing.T) {
	type id uint64
	type asText struct {
		Name string
		U    id `db:"u,uint=text"`
	}
	type asBlob struct {
		Name string
		U    uint64 `db:"u,uint=blob"`
	}
	type both struct {
		N int64
		U uint64 `db:"u,uint=blob"`
	}
	type measured struct {
		X float64
		U uint64 `db:"u,uint=blob"`
	}
	b := s.Open(t)
	text, blob, mixed := openTable(t, b, table.Options[asText]{}), openTable(t, b, table.Options[asBlob]{}), openTable(t, b, table.Options[both]{})
	if err := errors.Join(text.Append(t.Context(), []asText{{"a", 3}, {"b", math.MaxUint64}}),
		blob.Append(t.Context(), []asBlob{{"a", 3}, {"b", math.MaxUint64}}), mixed.Append(t.Context(), []both{{3, 3}})); err != nil {
		t.Fatal(err)
	}
	three := uint64(3)
	for _, c := range []struct {
		where string
		arg   any
		want  int64
	}{
		{"u = ?", three, 1}, {"u = ?", &three, 1}, {"u = ?", id(3), 1}, {"u > ?", three, 1}, {"u >= ?", uint(3), 2},
		{"u = ?", uint64(math.MaxUint64), 1}, {"u IN (?)", []uint64{3, 4, math.MaxUint64}, 2},
	} {
		for name, count := range map[string]func(context.Context, string, ...any) (int64, error){"text": text.CountWhere, "blob": blob.CountWhere} {
			if n, err := count(t.Context(), c.where, c.arg); n != c.want || err != nil {
				t.Errorf("uint=%s, %s with the %T %v: %d rows, %v, want %d", name, c.where, c.arg, c.arg, n, err, c.want)
			}
		}
	}
	if n, err := mixed.CountWhere(t.Context(), "u = ?", three); !errors.Is(err, store.ErrQuery) {
		t.Errorf("beside a column of integers: %d rows, %v, want store.ErrQuery", n, err)
	}
	floats := openTable(t, b, table.Options[measured]{})
	if err := floats.Append(t.Context(), []measured{{1.5, 1}, {7.5, 7}}); err != nil {
		t.Fatal(err)
	}
	if n, err := floats.Delete(t.Context(), "x < ?", three); !errors.Is(err, store.ErrQuery) {
		t.Errorf("beside a column of floats: %d rows are deleted, %v, want store.ErrQuery", n, err)
	}
	if n, err := floats.CountWhere(t.Context(), "x < ?", int64(3)); n != 1 || err != nil {
		t.Errorf("an int64 beside a column of floats: %d rows, %v, want 1", n, err)
	}
	if n, err := mixed.CountWhere(t.Context(), "n = ?", int64(3)); n != 1 || err != nil {
		t.Errorf("an int64: %d rows, %v, want 1", n, err)
	}
}

// argumentsMixed has two columns of one type that store it differently: an
// argument of the type is refused, since nothing says which column it is for.
func (s Suite) argumentsMixed(t *testing.T) {
	type mixed struct {
		Text score `db:",sql=text"`
		Kind score `db:",sql=kind"`
	}
	tab := openTable(t, s.Open(t), table.Options[mixed]{})
	if err := tab.Append(t.Context(), []mixed{{1, 2}}); err != nil {
		t.Fatal(err)
	}
	if _, err := tab.One(t.Context(), "kind = ?", score(2)); !errors.Is(err, store.ErrQuery) {
		t.Errorf("error is %v, want ErrQuery", err)
	}
	if row, err := tab.One(t.Context(), "kind = ? AND text = ?", 2, "1/5"); err != nil || row != (mixed{1, 2}) {
		t.Errorf("%+v, %v, want the row", row, err)
	}
}
