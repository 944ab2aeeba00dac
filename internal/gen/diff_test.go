package gen

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// What is marked leads from one text to the other.
func TestCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.StringMatching("[abc]\n"), 0, 30)
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		var gotA, gotB []string
		for _, e := range compare(a, b) {
			if e.mark != '+' {
				gotA = append(gotA, e.line)
			}
			if e.mark != '-' {
				gotB = append(gotB, e.line)
			}
		}
		if diff := cmp.Diff(strings.Join(a, ""), strings.Join(gotA, "")); diff != "" {
			t.Fatalf("old text differs (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(strings.Join(b, ""), strings.Join(gotB, "")); diff != "" {
			t.Fatalf("new text differs (-want +got):\n%s", diff)
		}
	})
}

func TestCompareIsShort(t *testing.T) {
	a := strings.SplitAfter(strings.Repeat("x\n", 5000)+"a\n"+strings.Repeat("y\n", 5000), "\n")
	b := append(append([]string(nil), a[:5000]...), a[5001:]...)
	changed := 0
	for _, e := range compare(a, b) {
		if e.mark != ' ' {
			changed++
		}
	}
	if changed != 1 {
		t.Errorf("%d lines are marked, want 1", changed)
	}
	// Texts with nothing in common are given up on, in bounded memory.
	b = strings.SplitAfter(strings.Repeat("z\n", 5000), "\n")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := len(compare(a, b))
	runtime.ReadMemStats(&after)
	if got < len(a) {
		t.Errorf("%d edits, want at least %d", got, len(a))
	}
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 200 {
		t.Errorf("took %d MB, want at most 200", took)
	}
}

func TestStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, test := range []struct{ have, text, want string }{
		{"a\nb\nc\n", "a\nb\nc\n", ""},
		{"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", "1\n2\n3\nfour\n5\n6\n7\n8\n9\n10\n11\n12\n13\n",
			"--- F\n+++ F (generated)\n@@ -1,7 +1,7 @@\n 1\n 2\n 3\n-4\n+four\n 5\n 6\n 7\n@@ -10,3 +10,4 @@\n 10\n 11\n 12\n+13\n"},
		{"a", "a\n", "--- F\n+++ F (generated)\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n"},
		{"", "a\n", "--- F\n+++ F (generated)\n@@ -0,0 +1,1 @@\n+a\n"},
	} {
		if err := os.WriteFile(path, []byte(test.have), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := File{path, []byte(test.text)}.Stale()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, strings.ReplaceAll(got, path, "F")); diff != "" {
			t.Errorf("%q to %q (-want +got):\n%s", test.have, test.text, diff)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got, err := (File{path, []byte("a\n")}).Stale(); err != nil || got == "" {
		t.Errorf("of a file that is missing: %q, %v", got, err)
	}
}
