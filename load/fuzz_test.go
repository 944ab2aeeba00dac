package load

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// The fuzz targets of imports give a file of arbitrary bytes to Load, as far as
// the rows in a database: nothing panics, a file is stored whole or not at all,
// once, and what was stored comes out of another export as it went in.

func FuzzLoadCSV(f *testing.F) {
	testtime.Seconds(f)
	for _, seed := range []string{
		"", "a", "a,b\n1,2\n", "\ufeffsubject,name,volume,count\r\ns1,\"x, \"\"y\"\"\",1.5,7\r\n\r\ns1,z,2,\r\n",
		"a;b\n1;2", "a,a\n1,2\n", "a,b\n1\n", "a,b\n1,2,3\n", "a\n\"", "a\n\"x\ny\"\n", "a\n1\n2.5\nx\n", "a,b\n,\n\"\",\"\"\n",
		"t\n2020-01-02T03:04:05Z\n1999-12-31T23:59:60Z\n", "j\n\"{\"\"k\"\":[1,2]}\"\n", "b\ntrue\nFALSE\n0\n",
		"n\n9223372036854775807\n-9223372036854775809\n18446744073709551615\n", "f\n1e308\n1e309\nNaN\n-0\n", "\x00,b\n1,\x00\n", "\xff\n\xff\n",
		"rowid,galley_x,select,\" \"\n1,2,3,4\n", "a\n" + string(bytes.Repeat([]byte("7"), 400)) + "\n", "\x1f\x8b\x08", "\x28\xb5\x2f\xfd\x00",
		"a,b\n1,2\n2,\n3,4\n4,5\nx,1\n", "a,b\n1,2\n1,much\n", // the table exists, and a row does not fit it
		"a,b\n" + strings.Repeat("1,\n", cells.RowsOf(2)+9) + "1,\"", // it is cut off behind the first chunk
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) { loadBytes(t, formats.CSV, text) })
}

func FuzzLoadJSONLines(f *testing.F) {
	testtime.Seconds(f)
	for _, seed := range []string{
		"", "{}", "{}\n{}\n", `{"a":1}` + "\n" + `{"a":2.5,"b":"x"}` + "\n", `{"a":null}`, `{"a":{"k":[1,{"z":null}]}}`, `{"a":[1,2,3]}`,
		`{"a":1,"a":2}`, `{"A":1,"a":2}`, `{"a":"\ud800"}`, `{"a":"\u0000"}`, `{"a":1e999}`, `{"a":18446744073709551615}`, `{"a":-0}`,
		`{"":1}`, `{"a b":true,"rowid":false}`, `[1]`, `1`, `{"a":1`, `{"a":1}}`, `{"a":1} {"a":2}`, "{\"a\":\"x\ny\"}", `{"a":"NaN"}` + "\n" + `{"a":1.5}`,
		`{"t":"2020-01-02T03:04:05.000006Z"}`, "\ufeff{\"a\":1}", "\xff", `{"a":"\xff"}`,
		"{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n{\"a\":\"x\"}\n", "{\"a\":1,\"b\":2}\n{\"a\":1,\"b\":\"much\"}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) { loadBytes(t, formats.JSONLines, text) })
}

func FuzzLoadParquet(f *testing.F) {
	db, dir := fixture.NewDB(f), f.TempDir()
	fixture.NewTable(f, db, "region", []fixture.Region{{Subject: "a", Name: "x", Volume: 1.5, Count: nil}, {Subject: "b", Name: "ü", Volume: -2, Count: fixture.Int(7)}})
	fixture.NewTable(f, db, "kinds", []fixture.Kinds{{ID: 1, V64: []float64{1, 2, 3}, Text: "text", JSON: []byte(`{"a":1}`), Nano: time.Unix(1, 2)}})
	fixture.NewTable(f, db, "empty", []fixture.Region(nil))
	if _, err := export.Write(context.Background(), db, export.Options{Dir: dir}); err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{"region", "kinds", "empty"} {
		whole, err := os.ReadFile(filepath.Join(dir, name+".parquet"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole)
		f.Add(whole[:len(whole)-9])
		f.Add(append(bytes.Clone(whole[:len(whole)/2]), whole[len(whole)/2+3:]...))
	}
	f.Add([]byte("PAR1\x00\x00\x00\x00PAR1"))
	f.Fuzz(func(t *testing.T, text []byte) { loadBytes(t, formats.Parquet, text) })
}

// loadBytes imports a file of these bytes into a table that is made for it, and
// into two that exist.
func loadBytes(t *testing.T, format formats.Format, text []byte) {
	if len(text) > 1<<15 {
		return
	}
	ctx, dir := t.Context(), t.TempDir()
	path := filepath.Join(dir, "file"+format.Extension())
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.OpenMemory(ctx, sqlite.Options{CacheKiB: 2000})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	type loose struct { // without a key: more than three rows are stored in parts
		A int64
		B *float64
	}
	fixture.NewTable(t, db, "kinds", []fixture.Kinds(nil))
	fixture.NewTable(t, db, "loose", []loose(nil))
	for _, table := range []string{"made", "kinds", "loose"} {
		if loadTwice(t, db, table, path) {
			comeBack(t, db, table, format, dir)
		}
	}
	rejects(t, db, path)
}

// loadTwice imports a file and imports it again. It reports whether rows are
// stored.
func loadTwice(t *testing.T, db *sqlite.DB, table, path string) bool {
	t.Helper()
	opts := Options{Table: table, Sources: []string{path}, PartRows: 3}
	first, err := Load(t.Context(), db, opts)
	stored := rowsOf(t, db, table)
	if err != nil || first.Files[0].Err != nil {
		if stored != 0 {
			t.Errorf("%s: %d rows are stored of a file that failed: %v, %+v", table, stored, err, first)
		}
		if first != nil {
			for _, bad := range first.Files[0].Bad {
				if bad.File != path || bad.Line < 1 || bad.Err == nil {
					t.Errorf("%s: a bad row that does not say where it is: %+v", table, bad)
				}
			}
		}
		return false
	}
	if n := first.Files[0].BadRows; n > 0 {
		t.Errorf("%s: %d bad rows, and no error", table, n)
	}
	if got := first.Files[0].Rows; got != stored {
		t.Errorf("%s: %d rows are reported, and %d are stored", table, got, stored)
	}
	again, err := Load(t.Context(), db, opts)
	if err != nil || again.Files[0].Err != nil || again.Files[0].Applied || rowsOf(t, db, table) != stored {
		t.Errorf("%s: imported again: %v, %+v; %d rows, and %d before", table, err, again, rowsOf(t, db, table), stored)
	}
	return stored > 0
}

func rowsOf(t *testing.T, db *sqlite.DB, table string) int64 {
	t.Helper()
	s, err := db.Describe(t.Context(), table)
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		return 0
	}
	n, err := cells.Count(t.Context(), db, table, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// comeBack exports a table and imports the file into another: all values are
// the same. JSON texts come back without their line ends, and so are let be.
func comeBack(t *testing.T, db *sqlite.DB, table string, format formats.Format, dir string) {
	t.Helper()
	s, err := db.Describe(t.Context(), table)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(s.Columns(), func(c schema.Column) bool { return c.Type == schema.JSON }) {
		return
	}
	m, err := export.Write(t.Context(), db, export.Options{Dir: dir, Format: format, Tables: []export.Table{{Name: table}}, Existing: export.Replace})
	if err != nil {
		t.Errorf("%s: export of what was imported: %v", table, err)
		return
	}
	res, err := Load(t.Context(), db, Options{Table: table + " again", Sources: []string{filepath.Join(dir, m.Files[0].Name)}, Schema: s})
	if err == nil {
		err = res.Files[0].Err
	}
	if err != nil {
		t.Errorf("%s: import of what was exported: %v", table, err)
		return
	}
	sums := func(s *schema.Schema) []string {
		d := cells.NewDigest(len(s.Columns()))
		err := cells.TableStream(db, store.Select{Schema: s}).Each(t.Context(), func(c *cells.Chunk) error { d.Add(c); return nil })
		if err != nil {
			t.Fatal(err)
		}
		return d.Sums()
	}
	other, err := s.Named(table + " again")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sums(s), sums(other)); diff != "" {
		t.Errorf("%s: the columns' sums after another export and import (-want +got):\n%s", table, diff)
	}
}

// rejects imports with bad rows left out: what was not left out is stored, and
// every row that was left out is reported.
func rejects(t *testing.T, db *sqlite.DB, path string) {
	t.Helper()
	told := int64(0)
	res, err := Load(t.Context(), db, Options{Table: "rest", Sources: []string{path}, Reject: func(b BadRow) error {
		if b.File != path || b.Err == nil {
			t.Errorf("a bad row that does not say where it is: %+v", b)
		}
		told++
		return nil
	}})
	stored := rowsOf(t, db, "rest")
	switch {
	case err != nil:
		if stored != 0 {
			t.Errorf("%d rows are stored by an import that failed: %v", stored, err)
		}
	case errors.Is(res.Files[0].Err, ErrBadRows):
		t.Errorf("bad rows fail the file in spite of Reject: %v", res.Files[0].Err)
	case res.Files[0].Err == nil && (res.Files[0].Rows != stored || res.Files[0].Rejected != told):
		t.Errorf("%d rows stored and %d told of, and the result says %+v", stored, told, res.Files[0])
	}
}
