package load

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/store"
)

// Replace removes what an import stored of the file, and neither what it stored of a
// file whose name goes on behind an @, nor a caller's batch.
func TestReplaceOnlyTheFile(t *testing.T) {
	type row struct {
		Batch string `db:"batch,batch"`
		N     int64
	}
	db := fixture.NewDB(t)
	dir := put(t, map[string]string{"a.csv": "n\n1\n", "a.csv@2.csv": "n\n2\n", "a.csv@7-0123.csv": "n\n3\n"})
	tab := fixture.NewTable(t, db, "t", []row(nil))
	load := func(replace bool, name string) {
		t.Helper()
		res, err := Load(t.Context(), db, Options{Table: "t", Sources: []string{filepath.Join(dir, name)}, Base: dir, Replace: replace})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range res.Files {
			if f.Err != nil {
				t.Errorf("%s: %v", f.Path, f.Err)
			}
		}
	}
	if _, err := tab.AppendOnce(t.Context(), "a.csv@mine", []row{{N: 4}}); err != nil {
		t.Fatal(err)
	}
	load(false, "a.csv@*.csv")
	load(false, "a.csv")
	if err := os.WriteFile(filepath.Join(dir, "a.csv"), []byte("n\n10\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	load(true, "a.csv")
	var got []int64
	for n, err := range store.Query[struct{ N int64 }](t.Context(), db, "SELECT n FROM t ORDER BY n") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, n.N)
	}
	if diff := cmp.Diff([]int64{2, 3, 4, 10}, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
