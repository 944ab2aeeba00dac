package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOutputsKeepDatabase: no verb writes text over a database, the files beside
// it, or a source of the import.
func TestOutputsKeepDatabase(t *testing.T) {
	path := scanDB(t)
	other := scanDB(t)
	csv := file(t, "a.csv", "a,b\n1,2\n3\n")
	before := []string{read(t, path), read(t, other), read(t, csv)}
	for _, args := range [][]string{
		{"import", path, "t", csv, "--reject", path},
		{"import", path, "t", csv, "--reject", path + "-wal"},
		{"import", path, "t", csv, "--reject", path + "-shm"},
		{"import", path, "t", csv, "--reject", other},
		{"import", path, "t", csv, "--reject", csv},
		{"import", path, "t", filepath.Join(filepath.Dir(csv), "*.csv"), "--reject", csv},
		{"rejects", path, "scan", "--output", path},
		{"rejects", path, "scan", "--output", other},
		{"profile", path, "scan", "--html", path},
		{"profile", path, "scan", "--html", path + "-journal"},
		{"report", path, "--output", path},
	} {
		if r := galley(t, args...); r.status != exitFailed || !strings.Contains(r.errors, "; name another file") {
			t.Errorf("galley %s: %+v, want a failure that asks for another file", strings.Join(args, " "), r)
		}
	}
	for i, name := range []string{path, other, csv} {
		if read(t, name) != before[i] {
			t.Errorf("%s has changed", name)
		}
	}
	ok(t, "query", path, "SELECT count(*) FROM scan")
}

// TestOutputThroughLink: a link stays a link, and the file that it points to is
// replaced.
func TestOutputThroughLink(t *testing.T) {
	path := scanDB(t)
	for _, args := range [][]string{
		{"rejects", path, "scan", "--output"},
		{"profile", path, "scan", "--html"},
		{"report", path, "--output"},
	} {
		target := file(t, "target", "old")
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(target, link); err != nil {
			t.Skip(err) // a system without links
		}
		ok(t, append(args, link)...)
		if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("galley %s: the link was replaced: %v", args[0], err)
		}
		if read(t, target) == "old" {
			t.Errorf("galley %s: the link's target was not replaced", args[0])
		}
		if err := os.Remove(target); err != nil {
			t.Fatal(err)
		}
		if r := galley(t, append(args, link)...); r.status != exitFailed || !strings.Contains(r.errors, "a symbolic link to a file that does not exist") {
			t.Errorf("galley %s: to a link without target: %+v", args[0], r)
		}
	}
}

// TestImportRejectsToOutput: standard output has only the rejects.
func TestImportRejectsToOutput(t *testing.T) {
	csv := file(t, "a.csv", "a,b\n1,2\n3\n")
	path := filepath.Join(t.TempDir(), "a.db")
	r := ok(t, "import", path, "t", csv, "--reject", "-")
	if strings.Count(r.out, "\n") != 1 || !strings.Contains(r.out, `"line":3,"text":"3"`) || !strings.Contains(r.errors, "1 rows, 1 rejected") {
		t.Errorf("import: %+v", r)
	}
	if r := galley(t, "import", path, "t", csv, "--reject", "-", "--json"); r.status != exitUsage {
		t.Errorf("with --json: %+v", r)
	}
}
