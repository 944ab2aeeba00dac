package export

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/load"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

type checked struct {
	N    int64 `db:",key,check=n < 10"`
	Text string
}

// withRejected is a database of which rows with these texts are in quarantine.
func withRejected(t *testing.T, texts ...string) *sqlite.DB {
	t.Helper()
	db := fixture.NewDB(t)
	tab, err := table.Open(t.Context(), db, table.Options[checked]{Quarantine: true})
	if err != nil {
		t.Fatal(err)
	}
	rows := []checked{{1, "stored"}}
	for _, text := range texts {
		rows = append(rows, checked{99, text}, checked{99, text})
	}
	if _, err := tab.AppendOnce(t.Context(), "batch", rows); err != nil {
		t.Fatal(err)
	}
	if err := tab.Append(t.Context(), []checked{{98, "without a key"}}); err != nil {
		t.Fatal(err)
	}
	return db
}

// inQuarantine is what the database says of them, in the form of the file.
func inQuarantine(t *testing.T, db store.Backend) (all []string) {
	t.Helper()
	for r, err := range db.Rejected(t.Context(), store.RejectedFilter{Table: "checked"}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r.Key+"|"+string(r.Row)+"|"+r.Error+"|"+r.At.Format(time.RFC3339Nano))
	}
	return all
}

// inFile is the rows of an exported file of rejected rows, in the same form.
func inFile(t *testing.T, path string) (all []string) {
	t.Helper()
	db := fixture.NewDB(t)
	type row struct {
		At    time.Time
		Key   *string
		Row   string `db:",null"`
		Error string
		Nth   int64
	}
	res, err := load.Load(t.Context(), db, load.Options{Table: "file", Sources: []string{path}})
	if err == nil {
		err = res.Files[0].Err
	}
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range store.Query[row](t.Context(), db, `SELECT at, key, "row", error, nth FROM file`) {
		if err != nil {
			t.Fatal(err)
		}
		key := ""
		if r.Key != nil {
			key = *r.Key
		}
		all = append(all, key+"|"+r.Row+"|"+r.Error+"|"+r.At.UTC().Format(time.RFC3339Nano))
	}
	return all
}

// TestClearRejected: an export that clears has the rows in quarantine in a file of
// their own, and one that merges adds them to those that the file has.
func TestClearRejected(t *testing.T) {
	for _, format := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
		t.Run(format.String(), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "checked.rejected"+format.Extension())
			want := map[string]int{}
			for i, texts := range [][]string{{"b\n\"<&", "a\x00\u2028"}, {"z"}} {
				db := withRejected(t, texts...)
				for _, r := range inQuarantine(t, db) {
					want[r]++
				}
				if i == 0 { // a merge of the same rows adds nothing
					for range 2 {
						if _, err := Write(t.Context(), db, Options{Dir: dir, Format: format, Existing: Merge}); err != nil {
							t.Fatal(err)
						}
					}
				}
				m, err := Write(t.Context(), db, Options{Dir: dir, Format: format, Existing: Merge, Clear: true, CountDistinct: []string{"n"}})
				if err != nil {
					t.Fatal(err)
				}
				if f := m.file(filepath.Base(path)); f == nil || f.Form != "rejected" || f.Table != "checked" {
					t.Errorf("manifest has %+v of the file", f)
				}
				if _, err := os.Stat(db.Path()); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("the database is still there: %v", err)
				}
			}
			got := map[string]int{}
			for _, r := range inFile(t, path) {
				got[r]++
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rejected rows (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReplaceRejected: a file of rejected rows does not outlive their quarantine in
// an export that replaces.
func TestReplaceRejected(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(t.Context(), withRejected(t, "a"), Options{Dir: dir, Format: formats.CSV}); err != nil {
		t.Fatal(err)
	}
	db := fixture.NewDB(t)
	fixture.NewTable(t, db, "checked", []checked{{1, ""}})
	m, err := Write(t.Context(), db, Options{Dir: dir, Format: formats.CSV, Existing: Replace})
	if err != nil {
		t.Fatal(err)
	}
	if f := m.file("checked.rejected.csv"); f == nil || f.Rows != 0 {
		t.Errorf("the file of rejected rows is %+v, want one without rows", f)
	}
	// A part of a table comes without what is in quarantine.
	part := []Table{{Name: "checked", Where: "n = 1"}}
	if m, err := Write(t.Context(), withRejected(t, "a"), Options{Dir: t.TempDir(), Tables: part}); err != nil || len(m.Files) != 1 {
		t.Errorf("a part of a table: %+v, %v, want one file", m, err)
	}
}
