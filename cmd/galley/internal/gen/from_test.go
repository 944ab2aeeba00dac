package gen

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/load"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// foreign makes an SQLite file that is not galley's.
func foreign(t *testing.T, sql string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "foreign.db")
	db, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Exec(sql), db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

const shop = `
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer VARCHAR(40) NOT NULL DEFAULT 'nobody', paid BOOLEAN NOT NULL DEFAULT FALSE,
  total DECIMAL(10,2), created DATETIME NOT NULL, shipped DATETIME, data JSON, image BLOB, weight DOUBLE PRECISION DEFAULT (1+1),
  flags TINYINT, code, twice INTEGER GENERATED ALWAYS AS (id * 2), "order" TEXT COLLATE NOCASE
);
CREATE INDEX by_customer ON orders (customer, created);
CREATE UNIQUE INDEX one_code ON orders (code);
CREATE INDEX backwards ON orders (flags, total);
CREATE INDEX some ON orders (flags) WHERE flags > 0;
CREATE INDEX by_expression ON orders (lower(customer));
CREATE TABLE visits (
  day DATE NOT NULL, room TEXT NOT NULL, seat INT, guest INT, note TEXT, PRIMARY KEY (day, seat), UNIQUE (room, note), UNIQUE (guest)
) WITHOUT ROWID;
CREATE UNIQUE INDEX guest ON visits (room, seat);
CREATE INDEX "a-b" ON visits (room, seat);
CREATE VIEW totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY 1;
INSERT INTO orders (id, customer, paid, total, created, shipped, data, image, flags, code) VALUES
  (1, 'a', 1, 9.5, '2024-01-02T03:04:05Z', '2024-01-02 03:04:05', '{}', x'00', 3, 17),
  (2, 'b', 0, 10, '2024-01-02T03:04:05.25+02:00', NULL, NULL, NULL, 'many', 18);
`

// TestStructsOfFilesEqualGoldenFiles holds the structs of some files against golden files.
func TestStructsOfFilesEqualGoldenFiles(t *testing.T) {
	testtime.Seconds(t)
	orders := foreign(t, shop)
	for _, test := range []struct{ path, table, golden string }{
		{"testdata/from/regions.csv", "", "regions"},
		{"testdata/from/events.jsonl", "event_log", "events"},
		{orders, "orders", "orders"},
		{orders, "TOTALS", "totals"},
		{orders, "visits", "visits"},
	} {
		table, err := FromFile(t.Context(), test.path, test.table)
		if err != nil {
			t.Errorf("%s: %v", test.golden, err)
			continue
		}
		text, err := table.Struct(Struct{Package: "features", Args: "-from " + filepath.Base(test.path)})
		if err != nil {
			t.Errorf("%s: %v", test.golden, err)
			continue
		}
		golden(t, filepath.Join("testdata", "from", test.golden+".golden"), text)
		sameTable(t, table, text)
	}
}

// sameTable holds that what is generated for a struct makes the table that the
// struct was made from, and that the struct made from that is the same.
func sameTable(t *testing.T, table Table, text []byte) {
	t.Helper()
	ctx := context.Background()
	columns := make([]schema.Column, len(table.Columns))
	for i, c := range table.Columns {
		columns[i] = c.Column
	}
	want, err := schema.New(table.Name, columns)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := sourceOf(t, string(text))
	if !ok || s.errs != nil {
		t.Fatalf("%s: not Go: %v", table.Name, s.errs)
	}
	binder, err := s.binders([]string{camel(table.Name)}, "/src/x_galley.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []schema.Dialect{schema.SQLite(), schema.Postgres()} {
		if sql := strings.Join(want.CreateTable(d), ";\n\n") + ";\n"; !strings.Contains(string(binder), literal(sql)) {
			t.Errorf("%s: what is generated does not have this SQL:\n%s", table.Name, sql)
		}
	}
	path := filepath.Join(t.TempDir(), "again.db")
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Ensure(ctx, want, store.Strict), db.Close()); err != nil {
		t.Fatal(err)
	}
	again, err := FromFile(t.Context(), path, table.Name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range again.Columns {
		again.Columns[i].Note = table.Columns[i].Note
	}
	if diff := cmp.Diff(table.Columns, again.Columns); diff != "" {
		t.Errorf("%s: columns of the struct's table (-want +got):\n%s", table.Name, diff)
	}
}

func TestFromRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	two := foreign(t, "CREATE TABLE a (x); CREATE TABLE b (x)")
	for _, test := range []struct {
		name, path, table, want string
		is                      error
	}{
		{name: "no file", path: filepath.Join(dir, "none.db"), is: os.ErrNotExist},
		{name: "format", path: write("a.xls", "x"), is: load.ErrFormat},
		{name: "two tables", path: two, is: ErrNoTable, want: "a, b"},
		{name: "unknown", path: two, table: "c", is: ErrNoTable, want: `"c"`},
		{name: "empty", path: write("empty.csv", ""), want: "it is empty"},
		{name: "empty json", path: write("empty.json", ""), want: "no columns"},
		{name: "twice", path: write("twice.csv", "a,a\n1,2\n"), want: "repeats columns: a"},
		{name: "torn", path: write("torn.csv", "a,b\n1\n"), want: "line 2"},
		{name: "bytes", path: write("bytes.csv", "a\n\xff\n"), want: "line 2"},
		{name: "json list", path: write("list.jsonl", "[1]\n"), want: "not a JSON object: it is a number"},
		{name: "json torn", path: write("torn.jsonl", "{\"a\":1}\n{\"a\":"), want: "line 2"},
		{name: "json key twice", path: write("key.jsonl", "{\"a\":1,\"a\":2}\n"), want: `"a"`},
		{name: "json open", path: write("open.json", "[{\"a\":1}\n"), want: "the JSON array does not end"},
		{name: "damaged", path: write("bad.db", "SQLite format 3\x00"+strings.Repeat("x", 5000)), table: "a", want: "bad.db"},
	} {
		_, err := FromFile(t.Context(), test.path, test.table)
		if err == nil || test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v, want %v with %q", test.name, err, test.is, test.want)
		}
	}
}

// Reading a file leaves nothing beside it, in WAL mode or not.
func TestFromWritesNothing(t *testing.T) {
	for _, mode := range []string{"WAL", "DELETE"} {
		path := foreign(t, "PRAGMA journal_mode = "+mode+"; CREATE TABLE a (x INTEGER)")
		if _, err := FromFile(t.Context(), path, "a"); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(entries) != 1 {
			t.Errorf("%s: the folder has %v, error %v", mode, entries, err)
		}
	}
}

// A table that a process is writing to is read with what is in its -wal.
func TestFromOpenFile(t *testing.T) {
	path := foreign(t, "PRAGMA journal_mode = WAL")
	db, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Exec("CREATE TABLE late (x INTEGER)"); err != nil {
		t.Fatal(err)
	}
	if table, err := FromFile(t.Context(), path, ""); err != nil || table.Name != "late" {
		t.Errorf("table %q, error %v", table.Name, err)
	}
}

// What a tag cannot say is an error that names the column.
func TestStructRefuses(t *testing.T) {
	for _, test := range []struct {
		column schema.Column
		how    Struct
		want   string
	}{
		{column: schema.Column{Name: "a,b", Type: schema.Text}, want: `"a,b"`},
		{column: schema.Column{Name: "-", Type: schema.Text}, want: `"-"`},
		{column: schema.Column{Name: "key=1", Type: schema.Text}, want: "key"},
		{column: schema.Column{Name: "a", Type: schema.Text, Unique: "x,y"}, want: `unknown`},
		{column: schema.Column{Name: "a", Type: schema.Text}, how: Struct{Type: "func"}, want: "type"},
		{column: schema.Column{Name: "a", Type: schema.Text}, how: Struct{Package: "a-b"}, want: "package"},
	} {
		text, err := Table{Name: "t", Source: "s", Columns: []Column{{Column: test.column}}}.Struct(test.how)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: error is %v, want %q\n%s", test.column, err, test.want, text)
		}
	}
}

// drawColumn draws a column that a tag can say.
func drawColumn(t *rapid.T, name string) schema.Column {
	for {
		c := schema.Column{Name: name, Type: schema.Type(rapid.IntRange(1, int(schema.Vector64)).Draw(t, "type"))}
		c.Nullable = rapid.Bool().Draw(t, "null")
		switch rapid.IntRange(0, 6).Draw(t, "option") {
		case 0:
			c.Key = true
		case 1:
			c.Unique = rapid.SampledFrom([]string{name, "g"}).Draw(t, "group")
		case 2:
			c.Index = rapid.SampledFrom([]string{name, "h"}).Draw(t, "group")
		case 3:
			c.Check = rapid.SampledFrom([]string{"1 = 1", "1 IN (1, 2)", "'x' <> 'a, ` \"b'"}).Draw(t, "check")
		case 4:
			c.Default = rapid.SampledFrom([]string{"NULL", "1", "'it''s, `'", "X'00'"}).Draw(t, "default")
		case 5:
			c.Unit = schema.TimeUnit(rapid.IntRange(0, 4).Draw(t, "unit"))
			c.Uint = schema.UintPolicy(rapid.IntRange(0, 2).Draw(t, "uint"))
			c.NaNNull = rapid.Bool().Draw(t, "nan")
			c.Dim = rapid.IntRange(0, 3).Draw(t, "dim")
		}
		if c.Type != schema.Time {
			c.Unit = 0
		}
		if c.Type != schema.Uint64 {
			c.Uint = 0
		}
		if c.Type != schema.Float32 && c.Type != schema.Float64 {
			c.NaNNull = false
		}
		if c.Type != schema.Vector32 && c.Type != schema.Vector64 {
			c.Dim = 0
		}
		c.Nullable = (c.Nullable || c.NaNNull) && !c.Key
		c.NaNNull = c.NaNNull && c.Nullable
		if _, err := schema.New("t", []schema.Column{c}); err == nil {
			return c
		}
	}
}

// Any table of galley's gives a struct whose table has the same SQL.
func TestRoundTrip(t *testing.T) {
	testtime.Seconds(t)
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
			"subject", "volume_mm3", "order", "id", "2nd", "a b", "ä", "ID2", "_x", "select", "日本", "a`b", `a"b`, "new\nline", "a.b", "A_B", "nan",
		}), 1, 8, strings.ToLower).Draw(rt, "names")
		var columns []schema.Column
		for _, name := range names {
			columns = append(columns, drawColumn(rt, name))
		}
		want, err := schema.New("brain_regions", columns)
		if err != nil {
			rt.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "features.db")
		db, err := sqlite.Open(ctx, path, sqlite.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		if err := errors.Join(db.Ensure(ctx, want, store.Strict), db.Close()); err != nil {
			rt.Fatal(err)
		}
		table, err := FromFile(t.Context(), path, "")
		if err != nil {
			rt.Fatal(err)
		}
		text, err := table.Struct(Struct{Package: "features"})
		if err != nil {
			rt.Fatal(err)
		}
		got, err := describeText("BrainRegions", text)
		if err != nil {
			rt.Fatalf("%v\n%s", err, text)
		}
		for _, d := range []schema.Dialect{schema.SQLite(), schema.Postgres()} {
			if diff := cmp.Diff(want.CreateTable(d), got.CreateTable(d)); diff != "" {
				rt.Fatalf("SQL differs (-want +got):\n%s\n%s", diff, text)
			}
		}
		if want.Fingerprint() != got.Fingerprint() {
			rt.Fatalf("fingerprints differ\n%s", text)
		}
		// Package time and encoding/json as they are, and the binder.
		s, ok := sourceOf(t, string(text))
		if !ok {
			rt.Fatalf("not Go:\n%s", text)
		}
		if _, err := s.binders([]string{"BrainRegions"}, "/src/x_galley.go"); err != nil {
			rt.Fatal(err)
		}
	})
}

// FuzzSample reads any text as CSV and as JSON Lines: nothing panics, and what
// comes of it is Go with the columns that were found, or an error that is no
// defect.
func FuzzSample(f *testing.F) {
	for _, name := range []string{"regions.csv", "events.jsonl"} {
		text, err := os.ReadFile(filepath.Join("testdata", "from", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("\"a\nb\",,//,*/\n1,2,3,4\n")
	f.Add("[{\"a\\u0000\": 1e999, \"\": -0}]")
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"sample.csv", "sample.jsonl"} {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			table, err := FromFile(t.Context(), path, "")
			if err != nil {
				continue
			}
			out, err := table.Struct(Struct{})
			if err != nil && strings.Contains(err.Error(), "defect") {
				t.Errorf("%v\n%s", err, out)
			}
			if _, err := table.Python("-from sample"); err != nil && strings.Contains(err.Error(), "defect") {
				t.Error(err)
			}
		}
	})
}

// TestFromTakenGroup: an index whose group's name another one has is a note, and
// not a part of that one.
func TestFromTakenGroup(t *testing.T) {
	path := foreign(t, `CREATE TABLE t (a INT NOT NULL, b INT NOT NULL, c INT NOT NULL, UNIQUE (c)); CREATE UNIQUE INDEX c ON t (a, b)`)
	table, err := FromFile(t.Context(), path, "t")
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string][]string{}
	for _, c := range table.Columns {
		groups[c.Unique] = append(groups[c.Unique], c.Name)
	}
	if diff := cmp.Diff(map[string][]string{"c": {"c"}, "": {"a", "b"}}, groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if notes := strings.Join(table.Notes, "\n"); !strings.Contains(notes, "index c is not carried over") {
		t.Errorf("notes %q", notes)
	}
}
