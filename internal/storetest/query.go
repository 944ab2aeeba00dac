package storetest

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

type left string

func (l left) Value() (driver.Value, error) { return string(l), nil }

// query reads with conditions, arguments of all types, in an order, and with
// a limit.
func (s Suite) query(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	rows := readings(0, 100)
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	d := b.Dialect()
	p := d.Placeholder
	only := func(keep func(r reading) bool) []reading {
		kept := []reading{}
		for _, r := range rows {
			if keep(r) {
				kept = append(kept, r)
			}
		}
		return kept
	}
	for name, c := range map[string]struct {
		where string
		args  []any
		want  []reading
	}{
		"all":     {"", nil, rows},
		"string":  {"subject = " + p(1), []any{"ü"}, only(func(r reading) bool { return r.Subject == "ü" })},
		"named":   {"subject = " + p(1), []any{label("right")}, only(func(r reading) bool { return r.Subject == "right" })},
		"valuer":  {"subject = " + p(1), []any{left("left")}, only(func(r reading) bool { return r.Subject == "left" })},
		"ints":    {"n >= " + p(1) + " AND n < " + p(2), []any{int8(10), uint32(20)}, rows[10:20]},
		"float":   {"volume < " + p(1), []any{2.0}, only(func(r reading) bool { return r.Volume < 2 })},
		"bool":    {"good = " + p(1), []any{false}, only(func(r reading) bool { return !r.Good })},
		"pointer": {"n = " + p(1), []any{ptr(int64(7))}, rows[7:8]},
		"two":     {"n < " + p(1) + " AND subject = " + p(2), []any{uint8(10), "left"}, []reading{rows[0], rows[4], rows[8]}},
		"span":    {"n < " + p(1), []any{time.Duration(3)}, rows[:3]},
		"nothing": {"n = " + p(1), []any{-1}, []reading{}},
		"quotes":  {"subject = " + p(1), []any{"' OR 1=1 --"}, []reading{}},
		"nil":     {"n IS NOT DISTINCT FROM " + p(1), []any{nil}, []reading{}},
	} {
		got := collect(t, tab.Where(t.Context(), c.where, append(c.args, table.OrderBy("n"))...))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: rows (-want +got):\n%s", name, diff)
		}
	}
	got := collect(t, tab.Where(t.Context(), "n < "+p(1), 50, table.OrderBy("subject, n DESC"), table.Limit(3)))
	if diff := cmp.Diff([]reading{rows[46], rows[42], rows[38]}, got); diff != "" {
		t.Errorf("in order (-want +got):\n%s", diff)
	}
	// A comment does not swallow what follows it.
	got = collect(t, tab.Where(t.Context(), "n < 9 -- all", table.OrderBy("n DESC -- of them"), table.Limit(2)))
	if diff := cmp.Diff([]reading{rows[8], rows[7]}, got); diff != "" {
		t.Errorf("with comments (-want +got):\n%s", diff)
	}
	if row, err := tab.One(t.Context(), "n = "+p(1), 3); err != nil || row != rows[3] {
		t.Errorf("One: %+v, %v, want %+v", row, err, rows[3])
	}
	if _, err := tab.One(t.Context(), "n = -3"); !errors.Is(err, table.ErrNoRow) {
		t.Errorf("One: error is %v, want table.ErrNoRow", err)
	}
	if row, err := tab.One(t.Context(), "n > 3", table.Limit(1)); !errors.Is(err, table.ErrManyRows) || row != (reading{}) {
		t.Errorf("One with Limit(1): %+v, error is %v, want table.ErrManyRows", row, err)
	}
	if row, err := tab.One(t.Context(), "n > 3", table.OrderBy("n"), table.Limit(1)); err != nil || row.N != 4 {
		t.Errorf("One with OrderBy and Limit(1): %+v, %v, want the first row", row, err)
	}
	if row, err := tab.One(t.Context(), "n > 3"); !errors.Is(err, table.ErrManyRows) || row != (reading{}) {
		t.Errorf("One: %+v, error is %v, want table.ErrManyRows", row, err)
	}
	if _, err := tab.One(t.Context(), "nothing = 1"); err == nil || errors.Is(err, table.ErrNoRow) {
		t.Errorf("One where the condition is none: error is %v", err)
	}
}

// view reads some columns of a table, in another order.
func (s Suite) view(t *testing.T) {
	type some struct {
		N       int64
		Subject *string // NULL could come, and does not
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	if err := tab.Append(t.Context(), readings(0, 5)); err != nil {
		t.Fatal(err)
	}
	v, err := table.ViewOf[some](tab)
	if err != nil {
		t.Fatal(err)
	}
	got := collect(t, v.Where(t.Context(), "volume >= "+b.Dialect().Placeholder(1), 1.0, table.OrderBy("n DESC"), table.Limit(2)))
	if diff := cmp.Diff([]some{{4, ptr("left")}, {3, ptr("ü")}}, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if n, err := v.Count(t.Context()); n != 5 || err != nil {
		t.Errorf("Count is %d, %v, want 5", n, err)
	}
}

// querySQL reads plain SQL into a struct, by name.
func (s Suite) querySQL(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	if err := tab.Append(t.Context(), readings(0, 100)); err != nil {
		t.Fatal(err)
	}
	type sums struct {
		Subject string
		Rows    int64
		Most    float64
	}
	got := collect(t, store.Query[sums](t.Context(), b, "SELECT max(volume) AS most, subject, count(*) AS rows FROM reading"+
		" WHERE n < "+b.Dialect().Placeholder(1)+" GROUP BY subject ORDER BY subject", 50))
	wanted := []sums{{"", 12, 46.0 / 3}, {"left", 13, 48.0 / 3}, {"right", 13, 49.0 / 3}, {"ü", 12, 47.0 / 3}}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// queryRefused are queries that cannot be run: errors, and the connection
// serves the next one.
func (s Suite) queryRefused(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	if err := tab.Append(t.Context(), readings(0, 10)); err != nil {
		t.Fatal(err)
	}
	p := b.Dialect().Placeholder(1)
	for name, c := range map[string]struct {
		where string
		args  []any
	}{
		"syntax":            {"n = = 1", nil},
		"unknown column":    {"nothing = 1", nil},
		"too few arguments": {"n = " + p, nil},
		"too many":          {"n = 1", []any{1}},
		"not bindable":      {"n = " + p, []any{make(chan int)}},
		"two statements":    {"n = 1; SELECT 1", nil},
		"a statement":       {"1 = 1; DROP TABLE reading", nil},
		"half":              {"(", nil},
	} {
		count := 0
		var failed error
		for _, err := range tab.Where(t.Context(), c.where, c.args...) {
			failed = err
			count++
		}
		if failed == nil || count != 1 {
			t.Errorf("%s: %d rows, error is %v", name, count, failed)
		}
	}
	type wrong struct{ N string }
	type missing struct{ N, M int64 }
	type fewer struct{ M int64 }
	type null struct{ N int64 }
	var errs []error
	for _, err := range store.Query[wrong](t.Context(), b, "SELECT n FROM reading") {
		errs = append(errs, err)
	}
	for _, err := range store.Query[missing](t.Context(), b, "SELECT n FROM reading") {
		errs = append(errs, err)
	}
	for _, err := range store.Query[fewer](t.Context(), b, "SELECT n AS m, subject FROM reading") {
		errs = append(errs, err)
	}
	for i, err := range errs {
		if !errors.Is(err, store.ErrQuery) {
			t.Errorf("query %d: error is %v, want store.ErrQuery", i, err)
		}
	}
	if len(errs) != 3 {
		t.Errorf("%d errors, want 3", len(errs))
	}
	for _, err := range store.Query[null](t.Context(), b, "SELECT sum(n) AS n FROM reading WHERE n < 0") {
		if !errors.Is(err, schema.ErrNull) {
			t.Errorf("NULL in a field that has no room for it: error is %v, want schema.ErrNull", err)
		}
	}
	want(t, tab.View, readings(0, 10))
}

// queryStreams leaves loops early, appends within them, nests them, and fails
// in the middle of them.
func (s Suite) queryStreams(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	rows := readings(0, 20_000)
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	for range 40 { // more than there are connections
		for _, err := range tab.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	seen := 0
	for r, err := range tab.Where(t.Context(), "", table.OrderBy("n")) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen%5_000 == 0 {
			if err := tab.Append(t.Context(), readings(100_000+int(r.N), 1)); err != nil {
				t.Fatal(err)
			}
			if n, err := tab.Count(t.Context()); err != nil || n != int64(20_000+seen/5_000) {
				t.Fatalf("Count within the loop is %d, %v", n, err)
			}
		}
	}
	if seen != 20_000 {
		t.Errorf("the loop saw %d rows, want those from when it began", seen)
	}
	errStop := errors.New("stop")
	for _, failing := range []int{1, 10_000} {
		n := 0
		err := b.Query(t.Context(), store.Select{Schema: tab.Schema()}, func(schema.Reader) (bool, error) {
			if n++; n == failing {
				return false, errStop
			}
			return true, nil
		})
		if err != errStop {
			t.Errorf("error is %v, want the function's own", err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	n := 0
	var last error
	for _, err := range tab.All(ctx) {
		if n++; n == 10 {
			stop()
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) && n <= 20_000 {
		t.Errorf("a cancelled loop ended after %d rows with %v", n, last)
	}
	func() {
		defer func() { _ = recover() }()
		for range tab.All(t.Context()) {
			panic("within a loop")
		}
	}()
	if n, err := tab.Count(t.Context()); err != nil || n != 20_004 {
		t.Errorf("Count is %d, %v, want 20004", n, err)
	}
}

// queryWrites holds that a query cannot write.
func (s Suite) queryWrites(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	if err := tab.Append(t.Context(), readings(0, 5)); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"DELETE FROM reading", "DELETE FROM reading RETURNING n", "DROP TABLE reading"} {
		if err := b.Query(t.Context(), store.Select{Schema: mustSchema(t, "x", schema.Column{Name: "n", Type: schema.Int64}), SQL: sql},
			func(schema.Reader) (bool, error) { return true, nil }); err == nil {
			t.Errorf("%s: no error", sql)
		}
	}
	want(t, tab.View, readings(0, 5))
}
