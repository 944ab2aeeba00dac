package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// TestQueryArguments: an argument that is a number is bound as one, and types
// can be stated.
func TestQueryArguments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	ok(t, "import", path, "t", file(t, "a.csv", "code,n\n007,1\n7,2\n7,3\n"))
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"SELECT code FROM t GROUP BY code HAVING count(*) > ?", "1"}, "code\n7\n"},
		{[]string{"SELECT code FROM t GROUP BY code HAVING avg(n) > ?", "1.50"}, "code\n7\n"},
		{[]string{"SELECT n FROM t WHERE code = ?", "007"}, "n\n1\n"},
		{[]string{"SELECT n FROM t WHERE code = ? AND n = ?", "7", "3"}, "n\n3\n"},
		{[]string{"SELECT n FROM t WHERE code = ?2 AND n > ?1", "1", "7"}, "n\n2\n3\n"},
		{[]string{"SELECT :a || typeof(:a) AS x, typeof(:b) AS y", "--param", "a:text=5", "--param", "b=5"}, "x,y\n5text,integer\n"},
		{[]string{"SELECT typeof(@a) AS x, typeof($b) AS y, ? AS z", "-p", "a:real=5", "-p", "b:null=", "5"}, "x,y,z\nreal,null,5\n"},
		{[]string{"SELECT :a = x'00ff' AS x, typeof(:b) AS y", "-p", "a:blob=00ff", "-p", "b:bool=true"}, "x,y\n1,integer\n"},
		{[]string{"SELECT ? AS x", "-f", "csv", "--", "-5"}, "x\n-5\n"},
	} {
		args := append([]string{"query", path}, test.args...)
		if !strings.Contains(strings.Join(test.args, " "), "csv") {
			args = append(args, "-f", "csv")
		}
		if diff := cmp.Diff(test.want, ok(t, args...).out); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.args, diff)
		}
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"SELECT ?"}, "has 1 parameter ?, and 0 arguments were given"},
		{[]string{"SELECT ?", "1", "2"}, "has 1 parameter ?, and 2 arguments were given"},
		{[]string{"SELECT :a"}, "give it a value with --param a=VALUE"},
		{[]string{"SELECT :a", "-p", "a=1", "-p", "b=2"}, "has no parameter :b"},
		{[]string{"SELECT :a", "-p", "a=1", "-p", "a=2"}, "has a value already"},
		{[]string{"SELECT :a", "-p", "a"}, "want NAME=VALUE"},
		{[]string{"SELECT :a", "-p", "a:float=1"}, "want text, int, real, bool, blob (in hex) or null"},
		{[]string{"SELECT ?", "9223372036854775808"}, "beyond int64"},
		{[]string{"SELECT ?", "-5"}, "put -- before"},
	} {
		if r := galley(t, append([]string{"query", path}, test.args...)...); r.status != exitUsage || !strings.Contains(r.errors, test.want) || r.out != "" {
			t.Errorf("%q: %+v; want %q", test.args, r, test.want)
		}
	}
}

// TestQueryRefused: nothing is printed before an error, and nothing that would
// be lost in the form asked for.
func TestQueryRefused(t *testing.T) {
	path := scanDB(t)
	for _, form := range []string{"table", "csv", "json", "jsonl"} {
		for sql, want := range map[string]string{
			"":                                      "the SQL is empty",
			" ; ":                                   "the SQL is empty",
			"SELECT abs(-9223372036854775808) AS n": "integer overflow",
			"SELECT json(subject) FROM scan":        "malformed JSON",
		} {
			if r := galley(t, "query", path, sql, "-f", form); r.status != exitFailed || r.out != "" || !strings.Contains(r.errors, want) {
				t.Errorf("%q as %s: %+v; want %q", sql, form, r, want)
			}
		}
		r := galley(t, "query", path, "SELECT 1 AS n, 2 AS n", "-f", form)
		switch form {
		case "table", "csv":
			if r.status != exitDone || !strings.Contains(r.out, "n") {
				t.Errorf("two columns of a name as %s: %+v", form, r)
			}
		default:
			if r.status != exitFailed || r.out != "" || !strings.Contains(r.errors, "two columns of the result are named n") {
				t.Errorf("two columns of a name as %s: %+v", form, r)
			}
		}
	}
}

// TestJSONNumbers: float32 and infinities look the same in the JSON of head,
// query and export.
func TestJSONNumbers(t *testing.T) {
	type row struct {
		F float32   `db:"f"`
		D float64   `db:"d"`
		V []float32 `db:"v"`
		W []float64 `db:"w"`
	}
	path, dir := filepath.Join(t.TempDir(), "test.db"), t.TempDir()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := table.Open(t.Context(), db, table.Options[row]{})
	if err != nil {
		t.Fatal(err)
	}
	inf := func() float64 { x := 0.0; return 1 / x }()
	if err := tbl.Append(t.Context(), []row{{0.1, 0.1, []float32{0.1, float32(-inf)}, []float64{0.1, inf}}, {float32(inf), -inf, nil, nil}, {16777216, 1e300, nil, nil}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	ok(t, "export", path, "-o", dir, "-f", "jsonl")
	want := decoded(t, ok(t, "query", path, "SELECT * FROM row", "-f", "jsonl").out)
	if diff := cmp.Diff(want, decoded(t, ok(t, "head", path, "row", "-f", "jsonl").out)); diff != "" {
		t.Errorf("head (-query +head):\n%s", diff)
	}
	if diff := cmp.Diff(want, decoded(t, read(t, filepath.Join(dir, "row.jsonl")))); diff != "" {
		t.Errorf("export (-query +export):\n%s", diff)
	}
	if got := want[0]["f"]; got != 0.1 {
		t.Errorf("float32 0.1 is %v", got)
	}
	if got := want[1]["f"]; got != "Infinity" {
		t.Errorf("infinity is %v", got)
	}
}

// decoded are the objects of JSON Lines.
func decoded(t *testing.T, text string) (all []map[string]any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewBufferString(text))
	for d.More() {
		var v map[string]any
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}
