package storetest

import (
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// parameters asks with ?, $1, :name and slices, which are the same on every
// backend.
func (s Suite) parameters(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	rows := readings(0, 12)
	if err := tab.Append(t.Context(), append(rows, reading{99, "what? it's :x", 0, true})); err != nil {
		t.Fatal(err)
	}
	none := []string{}
	for _, c := range []struct {
		where string
		args  []any
		want  []int64
	}{
		{"n > ? AND n < ?", []any{3, 6}, []int64{4, 5}},
		{"n > $2 AND n < $1", []any{6, 3}, []int64{4, 5}},
		{"n > :low AND n < :high OR n = :low + 6", []any{sql.Named("high", 6), sql.Named("low", 3)}, []int64{4, 5, 9}},
		{"n < :high AND subject = ?", []any{"left", sql.Named("high", 6)}, []int64{0, 4}},
		{"n IN (?) AND good = ?", []any{[]int{1, 2, 4, 77}, true}, []int64{2, 4}},
		{"subject IN (:s) AND n < 6", []any{sql.Named("s", []label{"left", "ü"})}, []int64{0, 3, 4}},
		{"n NOT IN (?)", []any{[]int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}, []int64{10, 11, 99}},
		{"volume IN (?)", []any{[]float64{1, 2}}, []int64{3, 6}},
		{"subject IN (?)", []any{none}, nil},
		{"n < 3 AND (n = ? OR subject IN (?))", []any{2, none}, []int64{2}},
		{"subject NOT IN (?) AND n < ?", []any{none, 2}, []int64{0, 1}},
		{"subject IN (?)", []any{[]any{"left", left("left"), nil}}, []int64{0, 4, 8}},
		{"subject = 'what? it''s :x' -- ? :x\nAND /* ? */ n = ?", []any{99}, []int64{99}},
		{`subject = ? AND "n" = ?`, []any{"what? it's :x", 99}, []int64{99}},
	} {
		got := []int64(nil)
		for _, row := range collect(t, tab.Where(t.Context(), c.where, append(slices.Clone(c.args), table.OrderBy("n"))...)) {
			got = append(got, row.N)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s with %v: rows (-want +got):\n%s", c.where, c.args, diff)
		}
		if n, err := tab.CountWhere(t.Context(), c.where, c.args...); n != int64(len(c.want)) || err != nil {
			t.Errorf("%s with %v: CountWhere is %d, %v, want %d", c.where, c.args, n, err, len(c.want))
		}
		text := "SELECT count(*) FROM " + store.TableSQL(b, "reading") + " WHERE " + c.where
		if n, err := store.Value[int64](t.Context(), b, text, c.args...); n != int64(len(c.want)) || err != nil {
			t.Errorf("%s with %v: %d, %v, want %d", text, c.args, n, err, len(c.want))
		}
	}
	for _, c := range []struct {
		where string
		args  []any
	}{
		{"n = ?", nil},
		{"n = ?", []any{1, 2}},
		{"n = :x AND n = :y", []any{sql.Named("x", 1)}},
		{"n = ?", []any{1, sql.Named("x", 1)}},
		{"n = ?", []any{[]int64{1}}},
		{"n IN (?, ?)", []any{[]int64{1}, 2}},
	} {
		if n, err := tab.CountWhere(t.Context(), c.where, c.args...); !errors.Is(err, store.ErrQuery) {
			t.Errorf("%s with %v: %d, error %v, want store.ErrQuery", c.where, c.args, n, err)
		}
	}
	if b.Dialect() == schema.Postgres() {
		for text, arg := range map[string]any{
			`SELECT count(*) FROM (SELECT '{"a": 1}'::jsonb AS j) AS x WHERE j ?? ?`:                              "a",
			`SELECT count(*) FROM (SELECT '{"a": 1}'::jsonb AS j) AS x WHERE j ? $1`:                              "a",
			`SELECT count(*) WHERE E'it\'s ?' = ? AND $x$?$x$ = '?'`:                                              "it's ?",
			`SELECT count(*) WHERE 2 = ANY (?)`:                                                                   []int64{1, 2},
			`SELECT count(*) FROM (SELECT ARRAY[1, 2] AS a, 2 AS n) AS x WHERE a[1 : n] = a AND a[2]::int = :two`: sql.Named("two", 2),
		} {
			if n, err := store.Value[int64](t.Context(), b, text, arg); n != 1 || err != nil {
				t.Errorf("%s: %d, %v, want 1", text, n, err)
			}
		}
	}

	times := openTable(t, b, table.Options[inSeconds]{})
	if err := times.Append(t.Context(), []inSeconds{{1, noon}, {2, noon.Add(time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	if n, err := times.CountWhere(t.Context(), "seen IN (?) AND n < :n", []time.Time{noon, noon.Add(time.Minute)}, sql.Named("n", 9)); n != 1 || err != nil {
		t.Errorf("a slice of times: %d, %v, want 1", n, err)
	}
}
