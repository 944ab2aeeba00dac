package export

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// A table that is exported in another form into the same folder is not there twice:
// the export is refused, or the files of the earlier form are removed.
func TestTableInAnotherForm(t *testing.T) {
	forms := map[string]Options{"one file": {}, "partitions": {PartitionBy: []string{"subject"}}, "parts": {RowsPerFile: 1}}
	for before, first := range forms {
		for after, second := range forms {
			if first.partitioned() == second.partitioned() {
				continue
			}
			db, dir := fixture.NewDB(t), t.TempDir()
			fixture.NewTable(t, db, "region", regions(1, 2, "a", "b"))
			first.Dir, second.Dir = dir, dir
			if _, err := Write(t.Context(), db, first); err != nil {
				t.Fatal(err)
			}
			files := datasetFiles(t, dir)
			for _, existing := range []Existing{Refuse, Merge} {
				second.Existing = existing
				if existing == Merge && len(second.PartitionBy) > 0 {
					second.Tables = []Table{{Name: "region", Key: []string{"subject", "name"}}}
				}
				if _, err := Write(t.Context(), db, second); !errors.Is(err, ErrExists) || !strings.Contains(err.Error(), "region") {
					t.Errorf("%s, then %s under %d: %v, want %v", before, after, existing, err, ErrExists)
				}
				if diff := cmp.Diff(files, datasetFiles(t, dir)); diff != "" {
					t.Errorf("%s, then %s under %d (-want +got):\n%s", before, after, existing, diff)
				}
			}
			second.Existing = Replace
			if _, err := Write(t.Context(), db, second); err != nil {
				t.Fatal(err)
			}
			m, err := ReadManifest(dir)
			if err != nil {
				t.Fatal(err)
			}
			rows := int64(0)
			for _, f := range m.Files {
				rows += f.Rows
			}
			if rows != 4 || len(datasetFiles(t, dir)) != len(m.Files)+1 {
				t.Errorf("%s, then %s: %d rows in the manifest, want 4; files %v", before, after, rows, datasetFiles(t, dir))
			}
			_, err = os.Stat(filepath.Join(dir, "region"))
			if there := err == nil; there != second.partitioned() {
				t.Errorf("%s, then %s: the folder: %v", before, after, err)
			}
		}
	}
}

// A data file that galley did not write into a dataset is rows for its readers: the
// export is refused. Names that readers skip, and other files, stay.
func TestForeignFilesInADataset(t *testing.T) {
	for name, refused := range map[string]bool{
		"data_0.parquet": true, "subject=a/data_0.parquet": true, "old/part-0.parquet": true,
		"_tmp/data_0.parquet": false, ".data_0.parquet": false, "README.md": false, "old/data.csv": false,
	} {
		for _, existing := range []Existing{Refuse, Merge, Replace} {
			db, dir := fixture.NewDB(t), t.TempDir()
			fixture.NewTable(t, db, "region", regions(1, 1, "a"))
			path := filepath.Join(dir, "region", filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Write(t.Context(), db, Options{Dir: dir, PartitionBy: []string{"subject"}, Existing: existing})
			if refused && (!errors.Is(err, ErrExists) || !strings.Contains(err.Error(), path)) || !refused && err != nil {
				t.Errorf("%s under %d: %v, refused %v", name, existing, err, refused)
			}
			if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s under %d is gone", name, existing)
			}
		}
	}
}

// backwards is a database whose order of text is not that of galley.
type backwards struct{ *sqlite.DB }

func (b backwards) Query(ctx context.Context, q store.Select, row func(schema.Reader) (bool, error)) error {
	q.OrderBy = strings.ReplaceAll(q.OrderBy, "BINARY", "BINARY DESC")
	return b.DB.Query(ctx, q, row)
}

// A merge whose rows come in another order than that of the key is refused: a row
// would be added to a new file beside the one that has its key.
func TestPartitionsOutOfOrder(t *testing.T) {
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "region", regions(1, 2, "a"))
	opts := Options{Dir: dir, RowsPerFile: 1}
	if _, err := Write(t.Context(), db, opts); err != nil {
		t.Fatal(err)
	}
	again := fixture.NewDB(t)
	fixture.NewTable(t, again, "region", []fixture.Region{{Subject: "a", Name: "n000", Volume: 2}, {Subject: "b", Name: "n", Volume: 2}})
	opts.Existing = Merge
	if _, err := Write(t.Context(), backwards{again}, opts); !errors.Is(err, errOrder) {
		t.Errorf("%v, want %v", err, errOrder)
	}
	if diff := cmp.Diff(regions(1, 2, "a"), readDataset[fixture.Region](t, dir, "region", true)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// A table of another program, whose text has an order without case, is exported in
// partitions, and merged by its key.
func TestPartitionsOfAForeignFile(t *testing.T) {
	dir := t.TempDir()
	opts := Options{Dir: dir, PartitionBy: []string{"kind"}, RowsPerFile: 2, Existing: Merge, Tables: []Table{{Name: "visit", Key: []string{"kind", "name"}}}}
	for _, note := range []string{"first", "second"} {
		path := filepath.Join(t.TempDir(), "foreign.db")
		foreign(t, path, `CREATE TABLE visit (kind TEXT COLLATE NOCASE, name TEXT COLLATE NOCASE, note TEXT);
			INSERT INTO visit SELECT k.column1, n.column1, '`+note+`' FROM (VALUES ('Ab'), ('aC')) k, (VALUES ('x'), ('B'), ('a'), ('Z')) n`)
		db, err := sqlite.OpenForeign(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = Write(t.Context(), db, opts)
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	type visit struct {
		Kind *string `db:"kind"`
		Name *string `db:"name"`
		Note *string `db:"note"`
	}
	got := map[string]string{}
	for _, v := range readDataset[visit](t, dir, "visit", false) {
		got[*v.Kind+"/"+*v.Name] += *v.Note
	}
	want := map[string]string{}
	for _, key := range []string{"Ab/x", "Ab/B", "Ab/a", "Ab/Z", "aC/x", "aC/B", "aC/a", "aC/Z"} {
		want[key] = "second"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows by key (-want +got):\n%s", diff)
	}
}

// wider is a region with another column, and without its count.
type wider struct {
	Subject string  `db:"subject,key"`
	Name    string  `db:"name,key"`
	Volume  float64 `db:"volume"`
	Note    string  `db:"note"`
}

// After a merge of a table with other columns, also one that failed before, all files have the same ones, also those
// of partitions that the table has no rows of: a reader takes those of one file for all.
func TestPartitionsHaveTheSameColumns(t *testing.T) {
	for _, format := range []Format{Parquet, CSV, JSONLines} {
		for _, unlisted := range []bool{false, true} {
			db, dir := fixture.NewDB(t), t.TempDir()
			opts := Options{Dir: dir, Format: format, PartitionBy: []string{"subject"}, Existing: Merge, Clear: true}
			fixture.NewTable(t, db, "region", regions(1, 1, "gone", "kept"))
			if _, err := Write(t.Context(), db, opts); err != nil {
				t.Fatal(err)
			}
			if unlisted && format == Parquet { // of text only the manifest has the columns
				if err := os.Remove(filepath.Join(dir, ManifestName)); err != nil {
					t.Fatal(err)
				}
			} else if unlisted {
				continue
			}
			again := fixture.NewDB(t)
			fixture.NewTable(t, again, "region", []wider{{"kept", "n000", 2, "x"}, {"new", "n000", 2, "y"}})
			failed := errors.New("failed") // the files are new, and the manifest is not
			opts.step = func(step string) error {
				if step == "manifest" || unlisted {
					return failed
				}
				return nil
			}
			if _, err := Write(t.Context(), again, opts); !unlisted && !errors.Is(err, failed) {
				t.Fatal(err)
			}
			opts.step = nil
			if _, err := Write(t.Context(), again, opts); err != nil {
				t.Fatal(err)
			}
			m, err := ReadManifest(dir)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, f := range m.Files {
				for _, c := range f.Columns {
					got[f.Name] += c.Name + " "
				}
			}
			const all = "subject name volume note count "
			want := map[string]string{}
			for _, s := range []string{"gone", "kept", "new"} {
				want["region/subject="+s+"/part-0"+format.Extension()] = all
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v: columns (-want +got):\n%s", format, diff)
			}
			type both struct {
				Subject string  `db:"subject"`
				Name    string  `db:"name"`
				Volume  float64 `db:"volume"`
				Note    *string `db:"note"`
				Count   *int64  `db:"count"`
			}
			x, y := "x", "y"
			rows := readDataset[both](t, dir, "region", true)
			if diff := cmp.Diff([]both{{"gone", "n000", 1, nil, nil}, {"kept", "n000", 2, &x, nil}, {"new", "n000", 2, &y, nil}}, rows); diff != "" {
				t.Errorf("%v: rows (-want +got):\n%s", format, diff)
			}
		}
	}
}
