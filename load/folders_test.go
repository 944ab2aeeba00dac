package load

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
)

// TestFoldersOfOneColumn: two folders with two values that Columns makes one column
// are an error, and two with one value are one column.
func TestFoldersOfOneColumn(t *testing.T) {
	for path, c := range map[string]struct {
		columns map[string]string
		want    string // in the error, "" for none
	}{
		"p=1/q=2/a.csv":   {map[string]string{"p": "q"}, "both p=1 and q=2"},
		"p=1/q=2/a.jsonl": {map[string]string{"p": "r", "q": "R"}, "both p=1 and q=2"},
		"p=1/q=1/a.csv":   {map[string]string{"p": "q"}, ""},
		"Q=1/q=1/a.jsonl": {nil, ""},
	} {
		dir := put(t, nil)
		text := `{"v":1}`
		if strings.HasSuffix(path, ".csv") {
			text = "v\n1\n"
		}
		write(t, filepath.Join(dir, path), text)
		write(t, filepath.Join(dir, "b.jsonl"), `{"v":2}`)
		db := fixture.NewDB(t)
		res, err := Load(t.Context(), db, Options{Table: "t", Sources: []string{filepath.Join(dir, path), filepath.Join(dir, "b.jsonl")}, Columns: c.columns})
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want an error with %q", path, err, c.want)
			}
			continue
		}
		if err != nil || res.Failed() > 0 {
			t.Errorf("%s: %v, %+v", path, err, res)
			continue
		}
		s, err := db.Describe(t.Context(), "t")
		if err != nil {
			t.Fatal(err)
		}
		name := s.Columns()[1].Name
		if diff := cmp.Diff([]string{`{"v":1,"` + name + `":1}`, `{"v":2,"` + name + `":null}`}, jsonRows(t, db, s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}
