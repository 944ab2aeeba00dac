package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// checkedDB is a database with a table that has constraints.
func checkedDB(t *testing.T) string {
	t.Helper()
	type checked struct {
		ID   int64 `db:"id,unique"`
		Size int64 `db:"size,check=size >= 0"`
	}
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = table.Open(t.Context(), db, table.Options[checked]{}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRejectOnce: each row of the source is in the table or in the file of
// rejects, once, also when the import was interrupted after it wrote the rejects,
// in the middle of a line too, and is run again.
func TestRejectOnce(t *testing.T) {
	rows := []string{"1,1", "1,2", "x,y", "2,-1", "1,2", "3,3", "2,2"}
	csv := file(t, "a.csv", "id,size\n"+strings.Join(rows, "\n")+"\n")
	whole := ""
	// check imports with the file of rejects that another import has left.
	check := func(left string) {
		t.Helper()
		rejects, path := file(t, "rejects.jsonl", left), checkedDB(t)
		if r := ok(t, "import", path, "checked", csv, "--reject", rejects); !strings.Contains(r.out, "3 rows, 4 rejected") {
			t.Errorf("import: %+v", r)
		}
		if r := ok(t, "import", path, "checked", csv, "--reject", rejects); !strings.Contains(r.out, "1 skipped") {
			t.Errorf("again: %+v", r)
		}
		if r := ok(t, "query", path, "SELECT id || ',' || size AS r FROM checked", "-f", "csv"); r.out != "r\n\"1,1\"\n\"3,3\"\n\"2,2\"\n" {
			t.Errorf("rows:\n%s", r.out)
		}
		whole = read(t, rejects)
		lines := map[int64]string{}
		for line := range strings.Lines(whole) {
			var r rejectedRow
			if json.Unmarshal([]byte(line), &r) != nil {
				if left == "" {
					t.Errorf("not a line of JSON: %s", line)
				}
				continue // the line that was cut off
			}
			if lines[r.Line] != "" || r.Text != rows[r.Line-2] || r.File != csv || r.Table != "checked" || r.Error == "" {
				t.Errorf("reject %+v, want line %d once: %s", r, r.Line, rows[r.Line-2])
			}
			lines[r.Line] = r.Text
		}
		if len(lines) != 4 {
			t.Errorf("%d rejects, want 4:\n%s", len(lines), whole)
		}
	}
	check("")
	written := whole
	for _, left := range []string{written, written[:strings.Index(written, "\n")+1], written[:len(written)-9], written[:len(written)-1]} {
		check(left)
	}
	if err := os.WriteFile(csv, []byte("id,size\n5,5\n5,6\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := ok(t, "import", checkedDB(t), "checked", csv, "--reject", filepath.Join(t.TempDir(), "new.jsonl"), "--json"); !strings.Contains(r.out, `"rejected": 1`) {
		t.Errorf("--json: %+v", r)
	}
}

// TestRejectsOfEachContent: two contents that come by a pipe have the same bad line,
// and both are in the file of rejects. Imported again, neither is written again.
func TestRejectsOfEachContent(t *testing.T) {
	rejects, path := filepath.Join(t.TempDir(), "rejects.jsonl"), checkedDB(t)
	for range 2 {
		for _, row := range []string{"1,1", "2,2"} {
			r := galleyIn(t, "id,size\nx,y\n"+row+"\n", "import", path, "checked", "-", "--reject", rejects)
			if r.status != exitDone {
				t.Fatalf("import: %+v", r)
			}
		}
	}
	var keys []string
	for line := range strings.Lines(read(t, rejects)) {
		var r rejectedRow
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Text != "x,y" {
			t.Errorf("%s: %v", line, err)
		}
		keys = append(keys, r.Key)
	}
	if len(keys) != 2 || keys[0] == keys[1] {
		t.Errorf("rejects of %q, want one of each of two contents", keys)
	}
}

// TestFailureIsNamedBesideRejects: a file that fails for another reason than its bad
// rows is reported with the reason, and its rows are not called rejected.
func TestFailureIsNamedBesideRejects(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte("id,size\nx,y\n1,1\n" + strings.Repeat("2,2\n", 5000))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	csv := file(t, "a.csv.gz", packed.String()[:packed.Len()-9])
	r := galley(t, "import", checkedDB(t), "checked", csv, "--reject", filepath.Join(t.TempDir(), "rejects.jsonl"))
	if r.status == exitDone || !strings.Contains(r.errors, "truncated or damaged") || !strings.Contains(r.out, "1 failed; 0 rows, 0 rejected") {
		t.Errorf("import: %+v", r)
	}
}

// TestRejectsMatchTheSources: a file of rejects that a pattern of the sources matches is
// refused before it exists, too: it would be imported.
func TestRejectsMatchTheSources(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.jsonl"), []byte("{\"a\":1}\n{\"a\":\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rejects := filepath.Join(dir, "rejects.jsonl")
	r := galley(t, "import", filepath.Join(dir, "t.db"), "t", filepath.Join(dir, "*.jsonl"), "--reject", rejects)
	if r.status != exitFailed || !strings.Contains(r.errors, "it is one of the sources") {
		t.Errorf("%+v", r)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v; want a.jsonl", left, err)
	}
}
