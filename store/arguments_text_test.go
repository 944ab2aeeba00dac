package store

import (
	"database/sql"
	"errors"
	"slices"
	"testing"

	"github.com/galley-db/galley/schema"
)

// TestTextsBesideNumbers: a text beside a column of numbers is refused wherever its
// column is clear from the text, and nothing else is.
func TestTextsBesideNumbers(t *testing.T) {
	table, err := schema.New("t", []schema.Column{
		{Name: "at", Type: schema.Time}, {Name: "told", Type: schema.Time, Unit: schema.RFC3339}, {Name: "n", Type: schema.Int64, Nullable: true},
		{Name: "f", Type: schema.Float64}, {Name: "b", Type: schema.Bool}, {Name: "s", Type: schema.Text}, {Name: "u", Type: schema.Uint64, Uint: schema.UintText},
		{Name: "and", Type: schema.Duration},
	})
	if err != nil {
		t.Fatal(err)
	}
	const date = "2020-01-01"
	type named string
	for _, test := range []struct {
		where   string
		args    []any
		refused bool
	}{
		{"at < ?", []any{date}, true},
		{`"AT">=?`, []any{date}, true},
		{"? < at", []any{date}, true},
		{"s = ? AND (n <> ? OR f = 1)", []any{date, date}, true},
		{"at BETWEEN ? AND ?", []any{1, date}, true},
		{"at NOT BETWEEN ? AND ?", []any{date, 1}, true},
		{"NOT n IN (?)", []any{[]string{"1", "2", "three"}}, true},
		{"n NOT IN (?, ?)", []any{1, named("x")}, true},
		{"at < :day AND s = 'x'", []any{sql.Named("day", date)}, true},
		{"n IS ?", []any{"x"}, true},
		{"b = ?", []any{"true"}, true},
		{"f > ?", []any{"0x10"}, true},
		{`"and" > ?`, []any{"1s"}, true},
		{"n = ?2 AND s = ?1", []any{"x", "y"}, true},

		{"at < ?", []any{" 15 "}, false},
		{"f < ?", []any{"-1.5e400"}, false},
		{"n = ?", []any{nil}, false},
		{"told < ? AND s < ? AND u < ?", []any{date, date, date}, false},
		{"s || at = ?", []any{date}, false},
		{"at = ? || ''", []any{date}, false},
		{"date(at) < ?", []any{date}, false},
		{"CAST(at AS TEXT) < ?", []any{date}, false},
		{"s IN (SELECT x FROM other WHERE at < ?)", []any{date}, false},
		{"s IN (?, ?) AND n IN (?)", []any{date, "x", []int{1, 2}}, false},
		{"other.at < ?", []any{date}, false},
		{"n = ?2 AND s = ?1", []any{"x", 1}, false},
		{"'at < ?' = ?", []any{date}, false},
	} {
		where, values, err := Arguments(schema.SQLite(), test.where, test.args)
		if err != nil {
			t.Fatalf("%s: %v", test.where, err)
		}
		if err := CheckTexts(where, values, table); errors.Is(err, ErrQuery) != test.refused {
			t.Errorf("%s with %q: %v; refused %v", test.where, test.args, err, test.refused)
		}
	}
	long := slices.Repeat([]string{"x"}, 30_000)
	if where, values, err := Arguments(schema.SQLite(), "s IN (?)", []any{long}); err != nil || CheckTexts(where, values, table) != nil {
		t.Errorf("a long list of texts: %v", err)
	}
}
