package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// TestServerTypes reads values of types that no galley table has.
func TestServerTypes(t *testing.T) {
	db, url, name := openNew(t, postgres.Options{})
	sql(t, url, "CREATE TYPE "+name+".mood AS ENUM ('good', 'bad')", "CREATE DOMAIN "+name+".size AS integer CHECK (VALUE > 0)")
	type row struct {
		A float64
		B int64
		C string
		D string
		E time.Time
		F time.Time
		G int64
		H float64
		I []float64
		J string
		K *int64
		L float32
		M string
		N []byte
		O time.Time
	}
	for got, err := range store.Query[row](t.Context(), db, `SELECT 1234567.000890::numeric AS a, 12300000::numeric AS b, 'x'::varchar AS c, 'y '::char(2) AS d,
	'2026-01-02'::date AS e, '1900-01-02 03:04:05.678901'::timestamp AS f, 7::`+name+`.size AS g, -0.00012::numeric AS h,
	ARRAY[1.5, 'NaN'::float8] AS i, 'bad'::`+name+`.mood AS j, NULL::bigint AS k, 0.5::real AS l, '{"a": 1}'::json AS m, ''::bytea AS n,
	'2000-01-01Z'::timestamptz AS o WHERE false
UNION ALL SELECT 1234567.000890, 12300000, 'x', 'y ', '2026-01-02', '1900-01-02 03:04:05.678901', 7, -0.00012,
	ARRAY[1.5, 'NaN'], 'bad', NULL, 0.5, '{"a": 1}', '', '2000-01-01Z'`) {
		if err != nil {
			t.Fatal(err)
		}
		want := row{1234567.00089, 12_300_000, "x", "y ", time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC),
			time.Date(1900, 1, 2, 3, 4, 5, 678_901_000, time.UTC), 7, -0.00012, []float64{1.5, math.NaN()}, "bad", nil, 0.5, `{"a": 1}`, []byte{},
			time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b float64) bool { return a == b || a != a && b != b })); diff != "" {
			t.Errorf("row (-want +got):\n%s", diff)
		}
	}
}

// TestReadsAsOtherTypesAreRefused reads values as types that they are not of: each is
// a *schema.ValueError that names the column, and no wrong row gets out.
func TestReadsAsOtherTypesAreRefused(t *testing.T) {
	db, _, _ := openNew(t, postgres.Options{})
	for sql, field := range map[string]schema.Type{
		"'x'::text": schema.Int64, "1.5::numeric": schema.Int64, "1e30::numeric": schema.Int64, "'NaN'::numeric": schema.Float64,
		"1": schema.Text, "1::bigint": schema.Bool, "true": schema.Text, "now()": schema.Text, "1.5": schema.Text,
		"'x'::bytea": schema.Text, "'x'::text ": schema.Blob, "ARRAY[1, 2]": schema.Vector64, "ARRAY[[1.0::float8]]": schema.Vector64,
		"ARRAY[1.0::float8, NULL]": schema.Vector64, "'infinity'::timestamptz": schema.Time, "'-infinity'::date": schema.Time,
		"'not a time'::text": schema.Time, "true ": schema.Time, "'127.0.0.1'::inet": schema.Text, "interval '1 s'": schema.Duration,
	} {
		s, err := schema.New("q", []schema.Column{{Name: "v", Type: field}})
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		err = db.Query(t.Context(), store.Select{Schema: s, SQL: "SELECT " + sql + " AS v"}, func(r schema.Reader) (bool, error) {
			switch field {
			case schema.Int64, schema.Duration:
				r.Int64(0)
			case schema.Float64:
				r.Float64(0)
			case schema.Bool:
				r.Bool(0)
			case schema.Text:
				r.Text(0)
			case schema.Time:
				r.Time(0)
			default:
				r.Blob(0)
			}
			if err := store.ReadError(r); err != nil {
				return false, err
			}
			rows++
			return true, nil
		})
		var value *schema.ValueError
		if rows != 0 || !errors.As(err, &value) || value.Column != "v" {
			t.Errorf("%s as %v: %d rows, error is %v, want a *schema.ValueError of v", sql, field, rows, err)
		}
	}
}

// TestUnreadableValuesAreNamed reads stored values that no field of their column can hold.
// Each error names the value and its kind, and does not blame the query.
func TestUnreadableValuesAreNamed(t *testing.T) {
	db, url, name := openNew(t, postgres.Options{})
	type row struct {
		U uint64
		T time.Time
		V []float64
	}
	tab, err := table.Open(t.Context(), db, table.Options[row]{Name: "t"})
	if err != nil {
		t.Fatal(err)
	}
	good := row{1, time.Unix(1, 0), []float64{1, 2}}
	if err := tab.Append(t.Context(), []row{good}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		column, value string
		kind          error
		want          any
	}{
		{"u", "18446744073709551616", schema.ErrOverflow, "18446744073709551616"},
		{"u", "'NaN'", schema.ErrOverflow, "NaN or infinity"},
		{"t", "'infinity'", schema.ErrTimeRange, "infinity"},
		{"t", "'-infinity'", schema.ErrTimeRange, "-infinity"},
		{"v", "'{1,NULL}'", schema.ErrVectorLen, nil},
		{"v", "'{{1,2},{3,4}}'", schema.ErrVectorLen, nil},
	} {
		sql(t, url, "UPDATE "+name+".t SET u = 1, t = 'epoch', v = '{1,2}'", "UPDATE "+name+".t SET "+c.column+" = "+c.value)
		rows := 0
		for got, err := range tab.All(t.Context()) {
			rows++
			var value *schema.ValueError
			if !errors.Is(err, c.kind) || errors.Is(err, store.ErrQuery) || !errors.As(err, &value) || value.Column != c.column || value.Value != c.want {
				t.Errorf("%s = %s: read %+v, error is %v, want %v of the value %v", c.column, c.value, got, err, c.kind, c.want)
			}
		}
		if rows != 1 {
			t.Errorf("%s = %s: the loop ran %d times, want once with the error", c.column, c.value, rows)
		}
	}
}

// TestNumericsAreExact stores integers as numerics, and compares them with the server's
// own text of them.
func TestNumericsAreExact(t *testing.T) {
	db, url, name := openNew(t, postgres.Options{})
	s, err := schema.New("t", []schema.Column{{Name: "n", Type: schema.Int64}, {Name: "u", Type: schema.Uint64}})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
		t.Fatal(err)
	}
	var all numbers
	for n := int64(0); n >= 0 && n < math.MaxInt64/7; n = n*7 + 3 {
		all = append(all, n)
	}
	for p := int64(1); p < math.MaxInt64/10; p *= 10 {
		all = append(all, p-1, p, p+1, 9*p)
	}
	all = append(all, math.MaxInt64)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: all}); err != nil {
		t.Fatal(err)
	}
	if n := ask[int](t, url, "SELECT count(*) FROM "+name+".t WHERE u <> n::numeric OR u::text <> n::text"); n != 0 {
		t.Errorf("%d numerics are wrong", n)
	}
	var got numbers
	err = db.Query(t.Context(), store.Select{Schema: s, OrderBy: "ctid"}, func(r schema.Reader) (bool, error) {
		got = append(got, r.Int64(1))
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}

type numbers []int64

func (n numbers) Len() int { return len(n) }
func (n numbers) Bind(i int, w schema.Writer) error {
	w.Int64(0, n[i])
	w.Int64(1, n[i])
	return nil
}

// TestLeftOpen leaves a long query early: the server does not go on with it.
func TestLeftOpen(t *testing.T) {
	db, url, name := openNew(t, postgres.Options{})
	type n struct{ N int64 }
	for row, err := range store.Query[n](t.Context(), db, "SELECT generate_series(1, 1000000000) AS n, '"+name+"' AS mark") {
		_ = row
		if !errors.Is(err, store.ErrQuery) { // it gives a column more
			t.Fatal(err)
		}
	}
	for row, err := range store.Query[n](t.Context(), db, "SELECT generate_series(1, 1000000000) AS n WHERE '"+name+"' <> ''") {
		if err != nil {
			t.Fatal(err)
		}
		if row.N == 1000 {
			break
		}
	}
	for busy := "x"; busy != ""; {
		busy = ask[string](t, url, "SELECT coalesce(string_agg(query, ';'), '') FROM pg_stat_activity WHERE state <> 'idle' AND pid <> pg_backend_pid()"+
			" AND query LIKE '%generate_series%'||$1||'%'", name)
	}
}

// TestLargeValuesReturnUnchanged reads and writes values of many sizes around those of the
// protocol's buffers.
func TestLargeValuesReturnUnchanged(t *testing.T) {
	for _, atomic := range []postgres.CopyMode{postgres.Always, postgres.Never} {
		db, _, _ := openNew(t, postgres.Options{Copy: atomic})
		tab := openParts(t, db)
		var rows []part
		for i, size := range []int{0, 1, 4095, 8191, 65_530, 65_531, 65_535, 65_536, 65_537, 200_000, 5 << 20} {
			rows = append(rows, part{N: int64(i), Name: strings.Repeat(strconv.Itoa(i), size)[:size]})
		}
		if err := tab.Append(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
		i := 0
		for row, err := range tab.Where(t.Context(), "", table.OrderBy("n")) {
			if err != nil {
				t.Fatal(err)
			}
			if row != rows[i] {
				t.Errorf("row %d of %d bytes differs", i, len(rows[i].Name))
			}
			i++
		}
		if i != len(rows) {
			t.Errorf("%d rows, want %d", i, len(rows))
		}
	}
}

// TestOrderOfLargeTable reads a table from its beginning while another client
// is in the middle of it: the server lets scans of large tables run together
// otherwise, and a copy that is resumed would find its batches in another order.
func TestOrderOfLargeTable(t *testing.T) {
	db, url, name := openNew(t, postgres.Options{})
	tab := openParts(t, db)
	if err := tab.Append(t.Context(), parts(0, 1)); err != nil {
		t.Fatal(err)
	}
	// More than a quarter of shared_buffers, which is where that begins.
	pages := ask[int](t, url, "SELECT setting::int FROM pg_settings WHERE name = 'shared_buffers'") / 4
	sql(t, url, fmt.Sprintf("INSERT INTO %s.part SELECT i, repeat('x', 1800), '' FROM generate_series(1, %d) AS i", name, 5*pages))
	ctx := context.Background()
	other, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(ctx)
	rows, err := other.Query(ctx, "SELECT n, name FROM "+name+".part")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for range 3 * pages {
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
	}
	plain := ask[int64](t, url, "SELECT n FROM "+name+".part LIMIT 1")
	if plain == 0 {
		t.Fatal("the server begins at the beginning by itself: the test shows nothing")
	}
	for row, err := range tab.All(t.Context()) {
		if err != nil || row.N != 0 {
			t.Errorf("the first row is %d, %v, want 0", row.N, err)
		}
		break
	}
}
