package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
)

// TestExportToStandardOutput: -o - writes what a file would have, and nothing else.
func TestExportToStandardOutput(t *testing.T) {
	path, dir := scanDB(t), t.TempDir()
	for _, format := range []string{"csv", "jsonl", "parquet"} {
		for name, args := range map[string][]string{
			"scan." + format:             nil,
			"scan.volume.wide." + format: {"--wide", "--index", "subject", "--columns", "region", "--values", "volume"},
		} {
			ok(t, append([]string{"export", path, "scan", "-f", format, "-o", dir, "--replace"}, args...)...)
			r := ok(t, append([]string{"export", path, "scan", "-f", format, "-o", "-"}, args...)...)
			if want := read(t, filepath.Join(dir, name)); r.out != want || r.errors != "" {
				t.Errorf("%s: %q, and on standard error %q; want %q", name, r.out, r.errors, want)
			}
		}
	}
	if r := ok(t, "export", path, "scan", "-f", "csv", "-o", "-", "--where", "volume < 2"); strings.Count(r.out, "\n") != 3 {
		t.Errorf("--where:\n%s", r.out)
	}
	for _, args := range [][]string{{"export", path, "-o", "-"}, {"export", path, "scan", "-o", "-", "--merge"}, {"export", path, "scan", "-o", "-", "--clear"}, {"export", path, "scan", "-o", "-", "--json"}} {
		if r := galley(t, args...); r.status != exitUsage || !strings.Contains(r.errors, "standard output") || r.out != "" {
			t.Errorf("%q: %+v", args, r)
		}
	}
	two := []string{"export", path, "scan", "-o", "-", "--wide", "--index", "subject", "--columns", "region", "--values", "volume,good"}
	if r := galley(t, two...); r.status != exitFailed || !strings.Contains(r.errors, "2 files") || r.out != "" {
		t.Errorf("several wide files: %+v", r)
	}
	if _, err := os.Stat(export.ManifestName); err == nil {
		t.Error("a manifest is in the working folder")
	}
}

// TestRejectsToStandardOutput: --output - writes the lines that a file would have,
// and an export to standard output says that it lacks them.
func TestRejectsToStandardOutput(t *testing.T) {
	path, to := visitDB(t), filepath.Join(t.TempDir(), "rejects.jsonl")
	ok(t, "rejects", path, "visit", "-o", to)
	r := ok(t, "rejects", path, "visit", "-o", "-")
	if want := read(t, to); r.out != want || r.errors != "" || !json.Valid([]byte(r.out[:strings.Index(r.out, "\n")])) {
		t.Errorf("%q, and on standard error %q; want %q", r.out, r.errors, want)
	}
	if r := ok(t, "export", path, "visit", "-f", "csv", "-o", "-"); !strings.Contains(r.errors, "3 rows that visit refused are not in the output") || strings.Contains(r.out, "refused") {
		t.Errorf("export: %+v", r)
	}
}

// TestProfileToStandardOutput: --html - writes the page, and nothing else.
func TestProfileToStandardOutput(t *testing.T) {
	r := ok(t, "profile", scanDB(t), "scan", "--html", "-")
	if !strings.HasPrefix(strings.ToLower(r.out), "<!doctype html>") || !strings.HasSuffix(strings.TrimSpace(r.out), "</html>") || r.errors != "" {
		t.Errorf("%.200q ... and on standard error %q", r.out, r.errors)
	}
}

// TestExportFromServer: a table of a server is exported as one of a file.
func TestExportFromServer(t *testing.T) {
	testtime.Seconds(t)
	url, dir, path := pgcluster.URL(t), t.TempDir(), scanDB(t)
	name := fmt.Sprintf("galley_exported_%d", os.Getpid())
	t.Cleanup(func() { dropSchemas(t, url, name) })
	ok(t, "copy", path, url, "--schema", name)
	ok(t, "export", url, "--schema", name, "-o", dir, "-f", "csv")
	want := ok(t, "export", path, "scan", "-f", "csv", "-o", "-").out
	if got := read(t, filepath.Join(dir, "scan.csv")); got != want {
		t.Errorf("from the server %q, want %q", got, want)
	}
	if r := ok(t, "export", url, "scan", "--schema", name, "-f", "csv", "-o", "-"); r.out != want {
		t.Errorf("to standard output %q, want %q", r.out, want)
	}
	if m, err := export.ReadManifest(dir); err != nil || len(m.Files) != 1 || m.Files[0].Rows != 4 {
		t.Errorf("manifest: %+v, %v", m, err)
	}
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"export", url, "none", "--schema", name, "-o", dir}, `table "none" does not exist`},
		{[]string{"export", url, "--schema", name, "-o", t.TempDir(), "--clear"}, "only a database file can be cleared"},
		{[]string{"export", path, "--schema", name, "-o", dir}, "--schema is the namespace on a server"},
	} {
		if r := galley(t, test.args...); r.status == exitDone || !strings.Contains(r.errors, test.says) {
			t.Errorf("%q: %+v, want %q", test.args, r, test.says)
		}
	}
}
