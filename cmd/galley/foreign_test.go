package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"
)

// otherDB is a file that another program has written.
func otherDB(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	c, err := sqlite3.Open(path)
	if err == nil {
		err = errors.Join(c.Exec(`CREATE TABLE person (id INTEGER PRIMARY KEY, "it's ""odd""" TEXT, born DATE, score NUMERIC, anything);
			INSERT INTO person VALUES (1, 'a ''b''', '2026-01-02', 1.5, 'x'), (2, NULL, '1999-12-31', 2, 'y');
			CREATE TABLE "select" (k TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO "select" VALUES ('b'), ('a');
			CREATE TABLE mixed (v); INSERT INTO mixed VALUES (1), ('two');
			CREATE VIEW names AS SELECT id AS n, born FROM person;`), c.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOtherPrograms: the verbs that read take SQLite files of other programs as
// they are, and say so once; all others refuse them.
func TestOtherPrograms(t *testing.T) {
	path := otherDB(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	for _, c := range []struct {
		args []string
		want []string // parts of the output
	}{
		{[]string{"tables", path}, []string{"person", "select", "mixed", "names"}},
		{[]string{"schema", path, "person"}, []string{"id", "int64", `it's "odd"`, "born", "text", "float64"}},
		{[]string{"head", path, "person", "-n", "1", "--format", "csv"}, []string{"1,a 'b',2026-01-02,1.5,x"}},
		{[]string{"head", path, "select", "--format", "csv"}, []string{"k\na\nb\n"}},
		{[]string{"head", path, "names", "--format", "csv"}, []string{"1,2026-01-02\n2,1999-12-31"}},
		{[]string{"head", path, "mixed", "--format", "csv"}, []string{"1\ntwo"}},
		{[]string{"query", path, "SELECT count(*) AS n FROM person JOIN names ON n = id WHERE score > ?", "1", "--format", "csv"}, []string{"n\n2\n"}},
		{[]string{"profile", path, "person"}, []string{"score", "1.75"}},
		{[]string{"profile", path, "person", "--html", "-"}, []string{"2 rows, 5 columns", "From all rows."}},
		{[]string{"profile", path, "select", "--html", "-"}, []string{"2 rows, 1 columns", "<td>b</td>"}},
		{[]string{"profile", path, "names", "--html", "-"}, []string{"2 rows, 2 columns"}},
		{[]string{"export", path, "person", "select", "names", "-o", out, "--format", "csv"}, nil},
	} {
		r := ok(t, c.args...)
		for _, want := range c.want {
			if !strings.Contains(r.out, want) {
				t.Errorf("%s: no %q in\n%s", c.args[0], want, r.out)
			}
		}
		if n := strings.Count(r.errors, "not a galley file"); n != 1 {
			t.Errorf("%s: it was said %d times that the file is not galley's, want once:\n%s", c.args[0], n, r.errors)
		}
	}
	for name, want := range map[string]string{
		"person.csv": "id,\"it's \"\"odd\"\"\",born,score,anything\n1,a 'b',2026-01-02,1.5,x\n2,,1999-12-31,2,y\n",
		"select.csv": "k\na\nb\n",
		"names.csv":  "n,born\n1,2026-01-02\n2,1999-12-31\n",
	} {
		got, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || string(got) != want {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
	r := galley(t, "export", path, "mixed", "-o", out, "--format", "csv")
	if r.status == exitDone || !strings.Contains(r.errors, `table "mixed", row 1`) || !strings.Contains(r.errors, `"v"`) {
		t.Errorf("an export of mixed values: status %d, %s", r.status, r.errors)
	}
	for _, args := range [][]string{{"tail", path, "person"}, {"batches", path}, {"doctor", path}, {"export", path, "--clear", "-o", out}, {"drop", path, "person"}} {
		if r := galley(t, args...); r.status == exitDone {
			t.Errorf("%s: %s", args[0], r.out)
		}
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("the file has changed: %v", err)
	}
	if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
}

// TestUnreadableTable: a table that cannot be read hides no other one, and is named.
func TestUnreadableTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Exec(`CREATE TABLE good (a INTEGER); CREATE VIEW lost AS SELECT * FROM gone; CREATE TABLE numbered (oid TEXT);
		CREATE TABLE mixed (v); INSERT INTO mixed VALUES ('two'), (1);`), c.Close()); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"tables", path}, {"schema", path}, {"tables", path, "--json"}, {"schema", path, "--sql"}, {"schema", path, "-o", "csv"}} {
		r := galley(t, args...)
		if r.status != exitFailed || !strings.Contains(r.out, "good") || !strings.Contains(r.out, "mixed") ||
			!strings.Contains(r.errors, "table lost is left out: ") || !strings.Contains(r.errors, "table numbered is left out: ") {
			t.Errorf("galley %s: %+v", strings.Join(args, " "), r)
		}
	}
	if r := galley(t, "head", path, "god"); r.status != exitFailed || !strings.Contains(r.errors, `table "god" does not exist`) {
		t.Errorf("head: %+v", r)
	}
	ok(t, "head", path, "good")
	r := galley(t, "import", filepath.Join(t.TempDir(), "a.db"), "t", path+":mixed")
	if r.status != exitFailed || !strings.Contains(r.errors, `:mixed: table "mixed", row 2 of those read: column "v"`) || strings.Contains(r.errors, "parquet") {
		t.Errorf("import: %+v", r)
	}
}
