package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
)

const root = "../.."

// TestMutantsMatchTheSource compares the lists with the sources: each text occurs once, and each
// test has its function. Only running the command shows that the tests fail.
func TestMutantsMatchTheSource(t *testing.T) {
	testtime.Seconds(t)
	list, err := mutants()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 6 {
		t.Fatalf("%d mutants", len(list))
	}
	names := map[string]bool{}
	for _, m := range list {
		if names[m.name] {
			t.Errorf("%s: a second mutant of the name %q", m.at, m.name)
		}
		names[m.name] = true
		if _, err := m.without(root); err != nil {
			t.Error(err)
		}
		for _, c := range m.changes {
			if c.old == c.new {
				t.Errorf("%s: mutant %q changes nothing", m.at, m.name)
			}
		}
		if !hasTest(t, m) {
			t.Errorf("%s: mutant %q: %s has no test for %q", m.at, m.name, m.pkg, m.test)
		}
	}
}

var function = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)

// hasTest reports whether a test of the package is matched by the pattern of m.
func hasTest(t *testing.T, m mutant) bool {
	t.Helper()
	first, _, _ := strings.Cut(m.test, "/")
	want, err := regexp.Compile(first)
	if err != nil {
		t.Fatalf("%s: %v", m.at, err)
	}
	files, err := filepath.Glob(filepath.Join(root, m.pkg, "*_test.go"))
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

// TestMalformedListsAreRefused: text that is not a list is refused.
func TestMalformedListsAreRefused(t *testing.T) {
	for _, text := range []string{
		"file: a.go\n", "mutant: a\n", "mutant: a\n- x\ntest: ./a TestA\n", "mutant: a\nfile: a.go\n- x\n",
		"mutant: a\nfile: a.go\n- x\n+ y\n- z\ntest: ./a TestA\n", "mutant: a\nfile a.go\n",
	} {
		if list, err := parse("list", strings.NewReader(text)); err == nil {
			t.Errorf("%q is %v, want an error", text, list)
		}
	}
}
