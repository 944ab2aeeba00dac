package gen

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/testtime"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a_test.go":  "package p_test\n\ntype Row struct{}\ntype Other struct{}\n",
		"b.go":       "package p\n\ntype (\n\tRow struct{}\n)\n\nfunc Func() {\n\ttype Local int\n}\n",
		"c_plan9.go": "package p\n\ntype Elsewhere struct{}\n",
		"d.txt":      "package p\n\ntype Text struct{}\n",
		"z_test.go":  "package q_test\n\ntype Other struct{}\n",
		"e.go":       "package p\n\ntype Torn struct{}\n\nfunc f() {\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]home{
		"Row": {"p", false}, "Other": {"p_test", true}, "Torn": {"p", false}, "Local": {}, "Elsewhere": {}, "Text": {}, "Func": {},
	} {
		got, err := find(dir, name)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(home{})); diff != "" || (err == nil) != (want.pkg != "") {
			t.Errorf("%s: error %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestCodeThatDoesNotCompileIsNotWritten holds the last guard: what does not compile is not returned,
// whatever else is wrong with the package.
func TestCodeThatDoesNotCompileIsNotWritten(t *testing.T) {
	testtime.Seconds(t)
	s, ok := sourceOf(t, "package p\n\nvar a int = missing\n")
	if !ok {
		t.Fatal("not Go")
	}
	for text, want := range map[string]bool{
		"package p\n\nvar b = a\n": true, "package p\n\nvar b = c\n": false, "package p\n\nimport \"time\"\n": false, "package": false,
		"package p\n\nvar a = 1\n": false,
	} {
		if err := s.compile("/src/x_galley.go", []byte(text)); (err == nil) != want {
			t.Errorf("%q: error is %v", text, err)
		}
	}
}
