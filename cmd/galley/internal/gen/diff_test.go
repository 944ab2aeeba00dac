package gen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
