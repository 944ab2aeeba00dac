package load

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/fixture"
)

// TestBatchColumnOfAFile: the table's batch column has the key of the file's batch. If
// the file, or a folder above it, has other values for it, the report says so.
func TestBatchColumnOfAFile(t *testing.T) {
	type row struct {
		A     int64
		Batch string `db:"batch,batch"`
	}
	for name, text := range map[string]string{
		"a.csv": "a,batch\n1,mine\n", "a.jsonl": `{"a":1,"batch":"mine"}`, "batch=mine/a.csv": "a\n1\n", "batch=mine/a.jsonl": `{"a":1}`,
		"none.csv": "a\n1\n", "none.jsonl": `{"a":1}`,
	} {
		t.Run(strings.ReplaceAll(name, "=", " is "), func(t *testing.T) { // the folder of a test has its name
			dir := put(t, nil)
			write(t, filepath.Join(dir, name), text)
			db := fixture.NewDB(t)
			fixture.NewTable(t, db, "t", []row(nil))
			res, err := Load(t.Context(), db, Options{Table: "t", Sources: []string{filepath.Join(dir, name)}, Base: dir})
			if err != nil || res.Failed() > 0 {
				t.Fatal(err, res.Files[0].Err)
			}
			f := res.Files[0]
			if said := strings.Contains(f.Note, `column "batch"`); said == strings.HasPrefix(name, "none") {
				t.Errorf("the note is %q", f.Note)
			}
			if got := fixture.All[row](t, db, "t"); len(got) != 1 || got[0].Batch != f.Key {
				t.Errorf("rows are %v, want one of batch %q", got, f.Key)
			}
		})
	}
}
