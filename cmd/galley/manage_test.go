package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// visit is a row of a table with a batch column, a key and a check.
type visit struct {
	Batch   string `db:"batch,batch"`
	Subject string `db:"subject,key"`
	N       int64  `db:"n,check=n>0,index=by_n"`
}

// visitDB has 2 batches: of k1, 1 of 2 rows is stored, and of k2, 1 of 3. One of
// those that are in quarantine collides with the row of k1.
func visitDB(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := table.Open(t.Context(), db, table.Options[visit]{Quarantine: true})
	if err != nil {
		t.Fatal(err)
	}
	for key, rows := range map[string][]visit{"k1": {{Subject: "a", N: 1}, {Subject: "b", N: -1}}} {
		if _, err := tbl.AppendOnce(t.Context(), key, rows); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tbl.AppendOnce(t.Context(), "k2", []visit{{Subject: "a", N: 5}, {Subject: "c", N: 6}, {Subject: "d", N: -1}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func resultOf(t *testing.T, path, sql string) string {
	t.Helper()
	return ok(t, "query", path, sql, "-f", "csv").out
}

// TestRejects: rows in quarantine are shown, written, tried again, and not lost
// by the way.
func TestRejects(t *testing.T) {
	path := visitDB(t)
	if r := ok(t, "tables", path); !strings.Contains(r.out, "rejected") || !strings.Contains(r.out, "visit        3     2        2         3") {
		t.Errorf("tables:\n%s", r.out)
	}
	if r := ok(t, "status", path, "--json"); !strings.Contains(r.out, `"rejected": 3`) {
		t.Errorf("status:\n%s", r.out)
	}
	if r := ok(t, "rejects", path); !strings.HasSuffix(r.out, "visit         3\n") {
		t.Errorf("rejects:\n%s", r.out)
	}
	r := ok(t, "rejects", path, "visit", "-f", "jsonl")
	if strings.Count(r.out, "\n") != 3 || !strings.Contains(r.out, `"key":"k1"`) || !strings.Contains(r.out, "CHECK constraint failed") {
		t.Errorf("rejects:\n%s", r.out)
	}
	out := filepath.Join(t.TempDir(), "rejects.jsonl")
	ok(t, "rejects", path, "visit", "-o", out)
	lines := decoded(t, read(t, out))
	if len(lines) != 3 || lines[1]["row"].(map[string]any)["subject"] != "a" || lines[1]["row"].(map[string]any)["n"] != 5.0 || lines[1]["table"] != "visit" {
		t.Errorf("%s: %v", out, lines)
	}
	for _, args := range [][]string{{"clear", path, "--yes"}, {"drop", path, "visit", "--yes"}} {
		if r := galley(t, args...); r.status != exitFailed || !strings.Contains(r.errors, "3 rejected rows") {
			t.Errorf("%s: %+v", args[0], r)
		}
	}
	if r := galley(t, "rejects", path, "visit", "--retry"); r.status != exitFailed || r.out != "stored 0 rows; 3 left\n" {
		t.Errorf("retry: %+v", r)
	}
	ok(t, "forget", path, "visit", "k1") // with the row that was in the way, and its own rejects
	if r := galley(t, "rejects", path, "visit", "--retry"); r.status != exitFailed || r.out != "stored 1 row; 1 left\n" {
		t.Errorf("retry: %+v", r)
	}
	if diff := cmp.Diff("batch,subject,n\nk2,c,6\nk2,a,5\n", resultOf(t, path, "SELECT * FROM visit")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("key,rows\nk2,2\n", resultOf(t, path, "SELECT key, rows FROM galley_batches")); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
	ok(t, "drop", path, "visit", "--yes", "--rejected")
	if r := ok(t, "tables", path, "--json"); r.out != "[]\n" {
		t.Errorf("tables after drop: %s", r.out)
	}
	ok(t, "clear", path, "--yes")
	if r := ok(t, "rejects", scanDB(t), "scan"); r.out != "key  row  error  at\n" || !strings.Contains(r.errors, "no rejected rows") {
		t.Errorf("of a table without: %+v", r)
	}
}

// TestForget removes batches by their keys, and says which it does not find.
func TestForget(t *testing.T) {
	path := visitDB(t)
	r := galley(t, "forget", path, "visit", "k2", "k3")
	if r.status != exitFailed || r.out != "removed 1 batch with 1 row\n" || !strings.Contains(r.errors, "visit has no batch k3") {
		t.Errorf("forget: %+v", r)
	}
	if diff := cmp.Diff("subject\na\n", resultOf(t, path, "SELECT subject FROM visit")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if r := galley(t, "forget", scanDB(t), "scan", "sub-01"); r.status != exitFailed || !strings.Contains(r.errors, "no batch column") {
		t.Errorf("without a batch column: %+v", r)
	}
}

// TestDropRename: the tables of a file are renamed and dropped, and their history
// says so.
func TestDropRename(t *testing.T) {
	path := visitDB(t)
	ok(t, "rename", path, "visit", "session")
	if r := ok(t, "rejects", path, "session", "-f", "csv"); strings.Count(r.out, "\n") != 4 {
		t.Errorf("the quarantine of a renamed table:\n%s", r.out)
	}
	if got := resultOf(t, path, "SELECT substr(name, 1, 24) AS name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"); got != "name\ngalley_session_by_n_idx_\n" {
		t.Errorf("indexes: %s", got)
	}
	ok(t, "forget", path, "session", "k1")
	for _, args := range [][]string{{"rename", path, "visit", "x"}, {"rename", path, "session", ""}, {"rename", path, "session", "galley_x"}, {"rename", path, "session", "session_rejected"},
		{"drop", path, "visit", "--yes"}} {
		if r := galley(t, args...); r.status != exitFailed {
			t.Errorf("galley %q: %+v", args, r)
		}
	}
	if r := galleyIn(t, "n\n", "drop", path, "session", "--rejected"); r.status != exitFailed || !strings.Contains(r.errors, "Remove it?") {
		t.Errorf("drop, answered no: %+v", r)
	}
	if r := galleyIn(t, "y\n", "drop", path, "session", "--rejected"); r.status != exitDone {
		t.Errorf("drop, answered yes: %+v", r)
	}
	var changes []string
	for _, line := range decoded(t, strings.NewReplacer("[", "", "]", "", "},", "}").Replace(ok(t, "history", path, "session", "--json").out)) {
		changes = append(changes, fmt.Sprint(line["changes"]))
	}
	if diff := cmp.Diff([]string{"created", "renamed from visit", "dropped"}, changes); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if r := galley(t, "history", path, "visits"); r.status != exitFailed {
		t.Errorf("history of no table: %+v", r)
	}
}

// TestSomeRows: head, tail and sample show the rows that they should, in the
// table's order.
func TestSomeRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	var text strings.Builder
	text.WriteString("n,x\n")
	for i := range 50 {
		fmt.Fprintf(&text, "%d,r%02d\n", 100-i, i)
	}
	ok(t, "import", path, "t", file(t, "a.csv", text.String()))
	all := strings.SplitAfter(text.String(), "\n")
	for verb, want := range map[string]string{"head": all[1] + all[2], "tail": all[49] + all[50]} {
		if diff := cmp.Diff(all[0]+want, ok(t, verb, path, "t", "-n", "2", "-f", "csv").out); diff != "" {
			t.Errorf("%s (-want +got):\n%s", verb, diff)
		}
	}
	if diff := cmp.Diff(text.String(), ok(t, "sample", path, "t", "-n", "60", "-f", "csv").out); diff != "" {
		t.Errorf("a sample of all (-want +got):\n%s", diff)
	}
	seen := map[string]bool{}
	for range 20 {
		lines := strings.SplitAfter(ok(t, "sample", path, "t", "-n", "3", "-f", "csv").out, "\n")
		if len(lines) != 5 || lines[1][len(lines[1])-4:] >= lines[2][len(lines[2])-4:] { // r00, r01 and so on
			t.Fatalf("sample: %q", lines)
		}
		seen[strings.Join(lines, "")] = true
	}
	if len(seen) < 2 {
		t.Error("20 samples of 3 of 50 rows are one")
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Error("a -wal was left behind")
	}
}
