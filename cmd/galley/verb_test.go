package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
)

func TestSee(t *testing.T) {
	path := scanDB(t)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"tables", path}, "table  columns  rows  batches  rejected\nscan         6     4        2         0\n"},
		{[]string{"head", path, "scan", "-n", "2"}, "" +
			"subject  region  volume  count  good   at\n" +
			"sub-01   left       1.5   NULL  true   2020-01-01T12:00:00Z\n" +
			"sub-01   right        2      7  false  2020-01-01T12:00:00Z\n"},
		{[]string{"head", path, "scan", "-n", "1", "--format", "jsonl"},
			`{"subject":"sub-01","region":"left","volume":1.5,"count":null,"good":true,"at":"2020-01-01T12:00:00Z"}` + "\n"},
		{[]string{"query", path, "SELECT region, sum(volume) AS total, count(*) FROM scan WHERE subject <> ? GROUP BY 1;", "sub-02", "--json"},
			"[{\"region\":\"left\",\"total\":1.5,\"count(*)\":1},\n {\"region\":\"right\",\"total\":2,\"count(*)\":1}]\n"},
		{[]string{"query", path, "SELECT a.count, b.count AS other FROM scan a JOIN scan b USING (subject) WHERE a.count > b.count", "--json"}, "[]\n"},
		{[]string{"query", path, "SELECT subject, good, at FROM scan LIMIT 1", "-f", "csv"}, "subject,good,at\nsub-01,true,2020-01-01T12:00:00Z\n"},
		{[]string{"query", path, "SELECT 'a' || char(27) || '[31m' AS x, x'00ff' AS y, 1 AS z"}, "x       y        z\na\uFFFD[31m  x'00ff'  1\n"},
		{[]string{"schema", path, "scan", "--sql"}, "CREATE TABLE \"scan\" (\n  \"subject\" TEXT NOT NULL,\n  \"region\" TEXT NOT NULL,\n  \"volume\" REAL NOT NULL,\n" +
			"  \"count\" INTEGER,\n  \"good\" INTEGER NOT NULL,\n  \"at\" INTEGER NOT NULL,\n  PRIMARY KEY (\"subject\", \"region\")\n) STRICT;\n"},
	} {
		r := ok(t, test.args...)
		if diff := cmp.Diff(test.want, r.out); diff != "" {
			t.Errorf("galley %s (-want +got):\n%s", strings.Join(test.args, " "), diff)
		}
		if r.errors != "" {
			t.Errorf("galley %s: standard error %q", strings.Join(test.args, " "), r.errors)
		}
	}
	if r := ok(t, "schema", path); !strings.Contains(r.out, "at       time     INTEGER  s\n") {
		t.Errorf("schema:\n%s", r.out)
	}
	if r := galleyIn(t, "SELECT 1 AS one", "query", path, "-"); r.out != "one\n  1\n" {
		t.Errorf("query from standard input: %+v", r)
	}
}

// Each verb that prints can print JSON.
func TestJSON(t *testing.T) {
	testtime.Seconds(t)
	path := scanDB(t)
	dir := t.TempDir()
	for _, args := range [][]string{
		{"status", path}, {"tables", path}, {"schema", path}, {"head", path, "scan"}, {"query", path, "SELECT 1"},
		{"batches", path, "scan"}, {"profile", path, "scan"}, {"doctor", path}, {"checkpoint", path},
		{"backup", path, filepath.Join(dir, "copy.db")}, {"vacuum", path}, {"export", path, "-o", dir},
		{"import", path, "fresh", filepath.Join(dir, "scan.parquet")}, {"copy", path, filepath.Join(dir, "other.db")},
		{"watch", path, "--count", "1"}, {"man", filepath.Join(dir, "man")}, {"clear", path, "--yes"},
	} {
		r := ok(t, append(args, "--json")...)
		if !json.Valid([]byte(r.out)) {
			t.Errorf("galley %s --json prints no JSON: %s", args[0], r.out)
		}
		if strings.Contains(r.out, "\x1b") {
			t.Errorf("galley %s --json prints colour", args[0])
		}
	}
}

func TestStatus(t *testing.T) {
	path := scanDB(t)
	r := ok(t, "status", path)
	for _, want := range []string{"journal_mode  wal\n", "\nscan         6     4        2         0  20", "engine        SQLite 3."} {
		if !strings.Contains(r.out, want) {
			t.Errorf("status lacks %q:\n%s", want, r.out)
		}
	}
}

func TestBatches(t *testing.T) {
	path := scanDB(t)
	if r := ok(t, "batches", path, "scan"); !strings.Contains(r.out, "sub-01     2  20") {
		t.Errorf("batches:\n%s", r.out)
	}
	list := file(t, "list.txt", "sub-01\nsub-03\n\n  sub-02  \nsub-04\n")
	r := galley(t, "batches", path, "scan", "--missing", list)
	if diff := cmp.Diff(result{exitFailed, "sub-03\nsub-04\n", "2 of 4 keys are missing\n"}, r, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r := galleyIn(t, "sub-01\n", "batches", path, "scan", "--missing", "-"); r.status != exitDone || r.out != "" {
		t.Errorf("nothing missing: %+v", r)
	}
}

func TestExportImport(t *testing.T) {
	path, dir := scanDB(t), t.TempDir()
	ok(t, "export", path, "-o", dir)
	r := galley(t, "export", path, "-o", dir)
	if r.status != exitFailed || !strings.Contains(r.errors, "the file exists") {
		t.Errorf("a second export: %+v", r)
	}
	if r := ok(t, "export", path, "-o", dir, "--merge"); !strings.Contains(r.out, "scan.parquet     4      0        4     0        6") {
		t.Errorf("merge:\n%s", r.out)
	}
	ok(t, "export", path, "scan", "-o", dir, "-f", "csv", "--wide", "--index", "subject", "--columns", "region", "--values", "volume,good", "--one-table")
	wide, err := os.ReadFile(filepath.Join(dir, "scan.wide.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("subject,volume_left,good_left,volume_right,good_right\nsub-01,1.5,true,2,false\nsub-02,1.5,true,2,false\n", string(wide)); diff != "" {
		t.Errorf("wide (-want +got):\n%s", diff)
	}
	other := filepath.Join(t.TempDir(), "other.db")
	if r := ok(t, "import", other, "scan", filepath.Join(dir, "*.parquet")); !strings.HasPrefix(r.out, "1 files stored, 0 skipped, 0 failed; 4 rows") {
		t.Errorf("import:\n%s", r.out)
	}
	want := ok(t, "head", path, "scan")
	if diff := cmp.Diff(want.out, ok(t, "head", other, "scan").out); diff != "" {
		t.Errorf("there and back (-want +got):\n%s", diff)
	}
	if r := ok(t, "export", path, "-o", dir, "--replace", "--clear"); !strings.Contains(r.out, "the database is removed") {
		t.Errorf("clear:\n%s", r.out)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the database is still there: %v", err)
	}
	if m, err := export.ReadManifest(dir); err != nil || len(m.Files) != 2 {
		t.Errorf("manifest: %+v, %v", m, err)
	}
}

func TestImportBad(t *testing.T) {
	csv := file(t, "a.csv", "subject,n\na,1\nb,two\nc,3,4\n")
	path := filepath.Join(t.TempDir(), "new.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	good := file(t, "g.csv", "subject,n\nz,1\n")
	ok(t, "import", path, "t", good)
	r := galley(t, "import", path, "t", csv)
	if r.status != exitFailed || !strings.Contains(r.errors, csv+":3: ") || !strings.Contains(r.errors, csv+":4: ") {
		t.Errorf("bad rows: %+v", r)
	}
	rejects := filepath.Join(t.TempDir(), "rejects.jsonl")
	if r := ok(t, "import", path, "t", csv, "--reject", rejects); !strings.Contains(r.out, "1 rows, 2 rejected") {
		t.Errorf("rejects: %+v", r)
	}
	text, err := os.ReadFile(rejects)
	if err != nil || strings.Count(string(text), "\n") != 2 || !strings.Contains(string(text), `"line":3`) || !strings.Contains(string(text), `"text":"b,two"`) {
		t.Errorf("rejects: %s, %v", text, err)
	}
	if r := ok(t, "query", path, "SELECT subject, n FROM t", "-f", "csv"); r.out != "subject,n\nz,1\na,1\n" {
		t.Errorf("rows: %s", r.out)
	}
}

func TestClearAsks(t *testing.T) {
	path := scanDB(t)
	for _, answer := range []string{"", "n\n", "what\n"} {
		if r := galleyIn(t, answer, "clear", path); r.status != exitFailed || !strings.Contains(r.errors, "1 table with 4 rows") {
			t.Errorf("answer %q: %+v", answer, r)
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	if r := galleyIn(t, "y\n", "clear", path); r.status != exitDone {
		t.Errorf("answer y: %+v", r)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the database is still there: %v", err)
	}
}

func TestCare(t *testing.T) {
	path := scanDB(t)
	copied := filepath.Join(t.TempDir(), "copy.db")
	ok(t, "backup", path, copied)
	if r := galley(t, "backup", path, copied); r.status != exitFailed {
		t.Errorf("a backup over a file: %+v", r)
	}
	ok(t, "checkpoint", path)
	ok(t, "vacuum", path)
	if diff := cmp.Diff(ok(t, "head", path, "scan").out, ok(t, "head", copied, "scan").out); diff != "" {
		t.Errorf("the backup (-want +got):\n%s", diff)
	}
	if r := ok(t, "doctor", path); !strings.Contains(r.out, "no problem found") {
		t.Errorf("doctor:\n%s", r.out)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, path+".link"); err != nil {
		t.Skip(err)
	}
	if r := galley(t, "doctor", path); r.status != exitFailed || !strings.Contains(r.out, "problem  links") {
		t.Errorf("doctor of a file with two names: %+v", r)
	}
}

func TestProfile(t *testing.T) {
	path := scanDB(t)
	if r := ok(t, "profile", path, "scan"); !strings.Contains(r.out, "table scan, 4 rows") || !strings.Contains(r.out, "50.0 %") {
		t.Errorf("profile:\n%s", r.out)
	}
	page := filepath.Join(t.TempDir(), "page.html")
	ok(t, "profile", path, "scan", "--html", page)
	text, err := os.ReadFile(page)
	if err != nil || !strings.HasPrefix(string(text), "<!DOCTYPE html>") {
		t.Errorf("the page: %.100s, %v", text, err)
	}
	if r := ok(t, "profile", path, "scan", "--html", "-"); r.out != string(text) {
		t.Errorf("--html - differs from the file:\n%.200s", r.out)
	}
	for _, outside := range []string{"http://", "https://", "<script ", "@import", "<link"} {
		if strings.Contains(string(text), outside) {
			t.Errorf("the page is not by itself: it has %s", outside)
		}
	}
}

func TestUsage(t *testing.T) {
	path := scanDB(t)
	for _, args := range [][]string{
		{"nonsense"}, {"completion", "nope"}, {"help", "nonsense"}, {"help", "query", "more"}, {"status"}, {"status", path, "more"}, {"status", "--nonsense", path}, {"head", path}, {"head", path, "scan", "-n", "-1"},
		{"head", path, "scan", "-f", "xml"}, {"query", path}, {"query", path, "SELECT 1", "--json", "-f", "csv"},
		{"export", path, "--merge", "--replace"}, {"export", path, "-f", "xlsx"}, {"export", path, "--index", "a"}, {"export", path, "scan", "--wide"},
		{"export", path, "--wide", "--index", "a", "--columns", "b", "--values", "c"}, {"export", path, "--where", "1"},
		{"export", path, "scan", "--wide", "--index", "a", "--columns", "b", "--values", "c", "--partition-by", "a"},
		{"export", path, "scan", "-o", "-", "--partition-by", "subject"}, {"export", path, "scan", "-o", "-", "--rows-per-file", "5"}, {"export", path, "--rows-per-file", "0"},
		{"import", path, "t"}, {"import", path, "t", "x.csv", "-j", "0"}, {"import", path, "t", "x.csv", "--delimiter", "ab"},
		{"import", path, "t", "x.csv", "-f", "xml"}, {"checkpoint", path, "--mode", "hard"}, {"watch", path, "--every", "0s"}, {"copy", path, "b", "--batch", "0"},
	} {
		r := galley(t, args...)
		if r.status != exitUsage || r.out != "" || r.errors == "" {
			t.Errorf("galley %q: %+v; want status %d", args, r, exitUsage)
		}
	}
	for _, args := range [][]string{
		{"status", path + "-not"}, {"head", path, "nowhere"}, {"query", path, "SELECT nothing"}, {"query", path, "DELETE FROM scan"},
		{"query", path, "SELECT 1) SELECT (2"}, {"batches", path, "nowhere"}, {"doctor", path + "-not"}, {"clear", path + "-not", "--yes"},
		{"import", path, "t", "nothing*.csv"}, {"copy", path + "-not", path + "-new"}, {"checkpoint", path + "-not"},
	} {
		if r := galley(t, args...); r.status != exitFailed {
			t.Errorf("galley %q: %+v; want status %d", args, r, exitFailed)
		}
	}
	if _, err := os.Stat(path + "-not"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made: %v", err)
	}
}

// TestCounted: many equal lines of an error are one.
func TestCounted(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": "a", "a\nb": "a\nb", "a\na\nb\na": "a (2 times)\nb\na", "a\n\n\n": "a\n (3 times)", "b\na\na\na": "b\na (3 times)",
	} {
		if got := counted(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestVersion(t *testing.T) {
	r := ok(t, "--version")
	if !strings.HasPrefix(r.out, "galley version ") || !strings.Contains(r.out, runtime.Version()) {
		t.Errorf("--version: %+v", r)
	}
	for want, info := range map[string]debug.BuildInfo{
		"v1.2.3":                         {Main: debug.Module{Version: "v1.2.3"}},
		"(devel)":                        {},
		"(devel) 012345678":              {Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "012345678"}, {Key: "vcs.modified", Value: "false"}}},
		"(devel) 0123456789ab, modified": {Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}},
	} {
		if got := versionOf(&info); got != want {
			t.Errorf("%+v is version %q, want %q", info, got, want)
		}
	}
}
