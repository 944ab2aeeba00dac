package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
)

// genPackage is a folder of this module with a struct in it: the tool looks
// for package schema from there.
func genPackage(t *testing.T, text string) string {
	t.Helper()
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("testdata", "gen*.out") // which git leaves out, should a test be killed
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	write(t, filepath.Join(dir, "row.go"), text)
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestGen generates, checks, and finds a file stale.
func TestGen(t *testing.T) {
	testtime.Minutes(t)
	const row = "package row\n\ntype Row struct {\n\tA int\n}\n\nvar _ = RowBinder{}\n"
	dir := genPackage(t, row)
	file := filepath.Join(dir, "row_galley.go")
	check := []string{"gen", "-type", "Row", "-dir", dir, "-check"}

	if r := galley(t, check...); r.status != exitFailed || !strings.Contains(r.out, "+type RowBinder struct{}") {
		t.Errorf("-check without a file: %+v", r)
	}
	if r := ok(t, "gen", "--type", "Row", "--dir", dir); r.out != "" {
		t.Errorf("gen prints %q", r.out)
	}
	if r := ok(t, check...); r.out != "" {
		t.Errorf("-check of a fresh file prints %q", r.out)
	}
	// A stale file does not compile here: A is a text now, and B is missing.
	write(t, filepath.Join(dir, "row.go"), strings.Replace(row, "A int", "A string\n\tB int", 1))
	r := galley(t, check...)
	if r.status != exitFailed || !strings.HasPrefix(r.out, "--- "+file+"\n") || !strings.Contains(r.out, "+\tw.Text(0, row.A)") ||
		r.errors != "galley: the generated file is stale; run go generate, or the same command without -check\n" {
		t.Errorf("-check of a stale file: %+v", r)
	}
	ok(t, "gen", "-type", "Row", "-dir", dir)
	ok(t, check...)

	// A file written by hand stays.
	write(t, file, "package row\n\n// by hand\n")
	if r := galley(t, "gen", "-type", "Row", "-dir", dir); r.status != exitFailed || !strings.Contains(r.errors, "was not generated") {
		t.Errorf("over a file by hand: %+v", r)
	}
}

// What cannot be generated is said with its place, as a compiler does.
func TestGenProblems(t *testing.T) {
	testtime.Minutes(t)
	dir := genPackage(t, "package row\n\ntype Row struct {\n\tA chan int\n\tB int `db:\",kye\"`\n}\n")
	file := filepath.Join(dir, "row.go")
	for _, args := range [][]string{{}, {"-check"}, {"-python"}} {
		r := galley(t, append([]string{"gen", "-type", "Row", "-dir", dir}, args...)...)
		if r.status != exitFailed || !strings.HasPrefix(r.errors, file+":4:2: ") || !strings.Contains(r.errors, "\n"+file+":5:2: ") {
			t.Errorf("%v: %+v", args, r)
		}
	}
	t.Setenv("GOFILE", "row.go")
	t.Setenv("GOLINE", "9")
	if r := galley(t, "gen", "-type", "Other", "-dir", dir); r.status != exitFailed || r.errors != "row.go:9: the package in "+dir+" has no type Other\n" {
		t.Errorf("a type that is not there: %+v", r)
	}
	if _, err := os.Stat(filepath.Join(dir, "row_galley.go")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after an error there is a file: %v", err)
	}
}

// A type of a test file has its binder beside the tests.
func TestGenForTests(t *testing.T) {
	testtime.Seconds(t)
	dir := genPackage(t, "package row\n")
	write(t, filepath.Join(dir, "row_test.go"), "package row_test\n\ntype Row struct{ A int }\n")
	ok(t, "gen", "-type", "Row", "-dir", dir)
	text, err := os.ReadFile(filepath.Join(dir, "row_galley_test.go"))
	if err != nil || !strings.Contains(string(text), "package row_test\n") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestGenFrom(t *testing.T) {
	testtime.Seconds(t)
	path := scanDB(t)
	if r := ok(t, "gen", "-from", path, "-table", "scan", "-package", "features"); !strings.Contains(r.out, "package features\n") || !strings.Contains(r.out, "`db:\"subject,key\"`") {
		t.Errorf("gen -from prints:\n%s", r.out)
	}
	if r := ok(t, "gen", "-from", path, "-python"); !strings.Contains(r.out, "def read(path") {
		t.Errorf("gen -python prints:\n%s", r.out)
	}
	output := filepath.Join(t.TempDir(), "scan.go")
	args := []string{"gen", "-from", path, "-type", "Other", "-o", output}
	if r := galley(t, append(args, "-check")...); r.status != exitFailed || !strings.Contains(r.out, "+type Other struct {") {
		t.Errorf("-check without a file: %+v", r)
	}
	ok(t, args...)
	ok(t, append(args, "-check")...)

	dir := genPackage(t, "package row\n\ntype Row struct{ A int }\ntype Two struct{ B int }\n")
	if r := ok(t, "gen", "-type", "Row", "-dir", dir, "-python"); !strings.Contains(r.out, "TABLE = \"row\"\n") {
		t.Errorf("gen -type -python prints:\n%s", r.out)
	}
	if r := galley(t, "gen", "-type", "Row,Two", "-dir", dir, "-python"); r.status != exitFailed {
		t.Errorf("two tables in a module: %+v", r)
	}
}

func TestGenUsage(t *testing.T) {
	for _, args := range [][]string{
		{}, {"-type"}, {"-unknown"}, {"Row"}, {"-type", "Row", "-table", "t"}, {"-from", "a.db", "-dir", "."},
		{"-from", "a.db", "-check"}, {"-type", "Row", "-python", "-check"}, {"-from", "a.db", "-python", "-package", "p"},
	} {
		if r := galley(t, append([]string{"gen"}, args...)...); r.status != exitUsage || r.errors == "" || r.out != "" {
			t.Errorf("gen %s: %+v", strings.Join(args, " "), r)
		}
	}
	for _, args := range [][]string{{"gen", "-help"}, {"help", "gen"}} {
		if r := ok(t, args...); !strings.Contains(r.out, "-check") {
			t.Errorf("%v prints %q", args, r.out)
		}
	}
	if r := galley(t, "gen", "-type", "Row", "-dir", t.TempDir()); r.status != exitFailed {
		t.Errorf("in an empty folder: %+v", r)
	}
}
