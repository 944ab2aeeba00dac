package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportTable takes tables of another program's SQLite file over: their rows are
// stored once, under a key of the file's path and the table, and refused by row and
// column where a value does not fit.
func TestImportTable(t *testing.T) {
	other, own := otherDB(t), filepath.Join(t.TempDir(), "own.db")
	r := ok(t, "import", own, "person", other+":person")
	if n := strings.Count(r.errors, "not a galley file"); n != 1 {
		t.Errorf("it was said %d times that the file is not galley's:\n%s", n, r.errors)
	}
	want := "id,\"it's \"\"odd\"\"\",born,score,anything\n1,a 'b',2026-01-02,1.5,x\n2,,1999-12-31,2,y\n"
	if r := ok(t, "head", own, "person", "--format", "csv"); r.out != want {
		t.Errorf("rows are\n%s want\n%s", r.out, want)
	}
	if r := ok(t, "schema", own, "person"); !strings.Contains(r.out, "int64") || !strings.Contains(r.out, "float64") {
		t.Errorf("columns are\n%s", r.out)
	}
	// Another spelling of the path is the same source.
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(other, link); err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{other + ":person", link + ":person"} {
		if r := ok(t, "import", own, "person", source); !strings.Contains(r.errors, "the same content is stored") {
			t.Errorf("%s again: %s%s", source, r.out, r.errors)
		}
	}
	if r := ok(t, "batches", own, "person", "--json"); strings.Count(r.out, `"key"`) != 1 || !strings.Contains(r.out, "other.db:person@") {
		t.Errorf("keys: %s", r.out)
	}
	ok(t, "import", own, "names", other+":names")
	ok(t, "import", own, "words", other+":select", "--format", "csv", "--key", "mine")
	if r := ok(t, "query", own, "SELECT (SELECT count(*) FROM names), (SELECT group_concat(k) FROM words)", "--format", "csv"); !strings.Contains(r.out, `2,"a,b"`) {
		t.Errorf("other tables: %s", r.out)
	}
	for source, want := range map[string]string{
		other + ":mixed": `table "mixed", row 1`,
		other + ":none":  `table "none" does not exist`,
		other:            "name its table",
	} {
		r := galley(t, "import", own, "bad", source)
		if r.status == exitDone || !strings.Contains(r.errors, want) {
			t.Errorf("%s: status %d, %s, want %q", source, r.status, r.errors, want)
		}
	}
	if r := ok(t, "tables", own); strings.Contains(r.out, "bad") {
		t.Errorf("a table is left of what was refused:\n%s", r.out)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "galley-import-*")); len(left) > 0 {
		t.Logf("temporary files, perhaps of other tests: %v", left)
	}
}
