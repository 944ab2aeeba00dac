package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// TestGuards holds the lists against the sources: each text is there, once, and
// each test has its function. That the tests fail is seen by running the
// command.
func TestGuards(t *testing.T) {
	list, err := guards()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 6 {
		t.Fatalf("%d guards", len(list))
	}
	names := map[string]bool{}
	for _, g := range list {
		if names[g.name] {
			t.Errorf("%s: a second guard of the name %q", g.at, g.name)
		}
		names[g.name] = true
		if _, err := g.without(root); err != nil {
			t.Error(err)
		}
		for _, c := range g.changes {
			if c.old == c.new {
				t.Errorf("%s: guard %q changes nothing", g.at, g.name)
			}
		}
		if !hasTest(t, g) {
			t.Errorf("%s: guard %q: %s has no test for %q", g.at, g.name, g.pkg, g.test)
		}
	}
}

var function = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)

// hasTest tells whether a test of the package is matched by the pattern of g.
func hasTest(t *testing.T, g guard) bool {
	t.Helper()
	first, _, _ := strings.Cut(g.test, "/")
	want, err := regexp.Compile(first)
	if err != nil {
		t.Fatalf("%s: %v", g.at, err)
	}
	files, err := filepath.Glob(filepath.Join(root, g.pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range function.FindAllSubmatch(text, -1) {
			if want.Match(m[1]) {
				return true
			}
		}
	}
	return false
}

// TestParse refuses what is no list.
func TestParse(t *testing.T) {
	for _, text := range []string{
		"file: a.go\n", "guard: a\n", "guard: a\n- x\ntest: ./a TestA\n", "guard: a\nfile: a.go\n- x\n",
		"guard: a\nfile: a.go\n- x\n+ y\n- z\ntest: ./a TestA\n", "guard: a\nfile a.go\n",
	} {
		if list, err := parse("list", strings.NewReader(text)); err == nil {
			t.Errorf("%q is %v, want an error", text, list)
		}
	}
}
