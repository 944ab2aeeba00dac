package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/load"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// read is the rows of an exported file of regions, in its order.
func read(t *testing.T, path string) []fixture.Region {
	t.Helper()
	db := fixture.NewDB(t)
	fixture.NewTable(t, db, "region", []fixture.Region(nil))
	res, err := load.Load(t.Context(), db, load.Options{Table: "region", Sources: []string{path}})
	if err == nil {
		err = res.Files[0].Err
	}
	if err != nil {
		t.Fatal(err)
	}
	return fixture.All[fixture.Region](t, db, "region")
}

func TestWriteManifest(t *testing.T) {
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "region", []fixture.Region{{Subject: "a", Name: "x", Volume: 1.5, Count: nil}, {Subject: "a", Name: "y", Volume: 2, Count: fixture.Int(7)}, {Subject: "b", Name: "x", Volume: 3, Count: fixture.Int(8)}})
	fixture.NewTable(t, db, "other", []fixture.Sample{{}})
	m, err := Write(t.Context(), db, Options{Dir: dir, CountDistinct: []string{"subject", "count"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Files) != 2 || len(got.Files) != 2 {
		t.Fatalf("%d files written, %d in the manifest, want 2", len(m.Files), len(got.Files))
	}
	f := got.file("region.parquet")
	tbl, err := db.Describe(t.Context(), "region")
	if err != nil {
		t.Fatal(err)
	}
	want := &File{Name: "region.parquet", Table: "region", Form: "long", Format: "parquet", Rows: 3, Distinct: &Distinct{[]string{"subject", "count"}, 3}, Fingerprint: tbl.Fingerprint(), Added: 3}
	if diff := cmp.Diff(want, f, cmpopts.IgnoreFields(File{}, "Columns", "Bytes", "SHA256")); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
	if other := got.file("other.parquet"); other.Distinct != nil {
		t.Errorf("distinct of a table without the column: %+v, want nil", other.Distinct)
	}
	var column *ColumnError
	if _, err := Write(t.Context(), db, Options{Dir: t.TempDir(), CountDistinct: []string{"subjekt"}}); !errors.As(err, &column) || column.Column != "subjekt" {
		t.Errorf("CountDistinct of no column: %v, want a ColumnError", err)
	}
	for _, file := range got.Files {
		sum, err := formats.SumFile(filepath.Join(dir, file.Name))
		if err != nil {
			t.Fatal(err)
		}
		if sum != file.SHA256 {
			t.Errorf("%s: sum %s, the manifest says %s", file.Name, sum, file.SHA256)
		}
		info, err := os.Stat(filepath.Join(dir, file.Name))
		if err != nil || info.Mode().Perm() != 0o600 || info.Size() != file.Bytes {
			t.Errorf("%s: %v %v, want 0600 and %d bytes", file.Name, info, err, file.Bytes)
		}
	}
	// A second export of one table leaves the other in the manifest.
	if _, err := Write(t.Context(), db, Options{Dir: dir, Tables: []Table{{Name: "other"}}, Existing: Replace}); err != nil {
		t.Fatal(err)
	}
	if got, err = ReadManifest(dir); err != nil || len(got.Files) != 2 {
		t.Errorf("%d files in the manifest (%v), want 2", len(got.Files), err)
	}
	leftovers(t, dir, "manifest.json", "other.parquet", "region.parquet")
}

// leftovers checks that a folder has these files and no others.
func leftovers(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestRefuseExisting(t *testing.T) {
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "region", []fixture.Region{{Subject: "a", Name: "x", Volume: 1, Count: nil}})
	path := filepath.Join(dir, "region.csv")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Write(t.Context(), db, Options{Dir: dir, Format: formats.CSV})
	if !errors.Is(err, ErrExists) {
		t.Errorf("%v, want %v", err, ErrExists)
	}
	if text, _ := os.ReadFile(path); string(text) != "mine" {
		t.Errorf("the file has become %q", text)
	}
	leftovers(t, dir, "region.csv")
}

func TestMergeKeepsEarlierRows(t *testing.T) {
	testtime.Seconds(t)
	for _, format := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
		t.Run(format.String(), func(t *testing.T) {
			dir := t.TempDir()
			first := fixture.NewDB(t)
			fixture.NewTable(t, first, "region", []fixture.Region{{Subject: "b", Name: "x", Volume: 1, Count: nil}, {Subject: "a", Name: "y", Volume: 2, Count: fixture.Int(1)}, {Subject: "a", Name: "x", Volume: 3, Count: fixture.Int(2)}})
			if _, err := Write(t.Context(), first, Options{Dir: dir, Format: format, Existing: Merge}); err != nil {
				t.Fatal(err)
			}
			second := fixture.NewDB(t)
			fixture.NewTable(t, second, "region", []fixture.Region{{Subject: "c", Name: "x", Volume: 9, Count: nil}, {Subject: "a", Name: "y", Volume: 20, Count: nil}})
			m, err := Write(t.Context(), second, Options{Dir: dir, Format: format, Existing: Merge})
			if err != nil {
				t.Fatal(err)
			}
			f := m.Files[0]
			if diff := cmp.Diff([]int64{4, 1, 1, 2}, []int64{f.Rows, f.Added, f.Updated, f.Kept}); diff != "" {
				t.Errorf("rows, added, updated, kept (-want +got):\n%s", diff)
			}
			want := []fixture.Region{{Subject: "a", Name: "x", Volume: 3, Count: fixture.Int(2)}, {Subject: "a", Name: "y", Volume: 20, Count: nil}, {Subject: "b", Name: "x", Volume: 1, Count: nil}, {Subject: "c", Name: "x", Volume: 9, Count: nil}}
			if diff := cmp.Diff(want, read(t, filepath.Join(dir, f.Name))); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			// A third time, with the same rows, nothing changes.
			if _, err := Write(t.Context(), second, Options{Dir: dir, Format: format, Existing: Merge}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, read(t, filepath.Join(dir, f.Name))); diff != "" {
				t.Errorf("rows after a third merge (-want +got):\n%s", diff)
			}
		})
	}
}

// Columns may come and go, and get wider.
func TestMergeColumns(t *testing.T) {
	type before struct {
		ID   int64 `db:"id,key"`
		Old  string
		Size int16
		F    float32
	}
	type after struct {
		ID   int64 `db:"id,key"`
		Size int32
		F    float64
		New  string
	}
	type result struct {
		ID   int64
		Size int32
		F    float64
		New  *string
		Old  *string
	}
	dir, first, second := t.TempDir(), fixture.NewDB(t), fixture.NewDB(t)
	fixture.NewTable(t, first, "t", []before{{1, "a", 10, 0.5}, {2, "b", 20, 1.5}})
	fixture.NewTable(t, second, "t", []after{{2, 100_000, 2.25, "n"}, {3, 3, 3, "m"}})
	for _, db := range []*sqlite.DB{first, second} {
		if _, err := Write(t.Context(), db, Options{Dir: dir, Existing: Merge}); err != nil {
			t.Fatal(err)
		}
	}
	db := fixture.NewDB(t)
	if _, err := load.Load(t.Context(), db, load.Options{Table: "t", Sources: []string{filepath.Join(dir, "t.parquet")}}); err != nil {
		t.Fatal(err)
	}
	a, b, nn, m := "a", "b", "n", "m"
	want := []result{{1, 10, 0.5, nil, &a}, {2, 100_000, 2.25, &nn, &b}, {3, 3, 3, &m, nil}}
	if diff := cmp.Diff(want, fixture.All[result](t, db, "t")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestMergeRefused(t *testing.T) {
	type keyless struct{ A, B string }
	type typed struct {
		A string
		B int64
	}
	dir, db := t.TempDir(), fixture.NewDB(t)
	fixture.NewTable(t, db, "t", []keyless{{"a", "1"}, {"a", "2"}})
	write := func(db *sqlite.DB, key ...string) error {
		_, err := Write(t.Context(), db, Options{Dir: dir, Tables: []Table{{Name: "t", Key: key}}, Existing: Merge})
		return err
	}
	if err := write(db); err != nil { // nothing to merge with yet
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, "t.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if err := write(db); !errors.Is(err, ErrNoKey) {
		t.Errorf("no key: %v, want %v", err, ErrNoKey)
	}
	var duplicate *DuplicateError
	if err := write(db, "a"); !errors.As(err, &duplicate) || duplicate.Key != "a=a" {
		t.Errorf("two rows of a key: %v, want a DuplicateError of a=a", err)
	}
	var column *ColumnError
	if err := write(db, "c"); !errors.As(err, &column) {
		t.Errorf("no such column: %v, want a ColumnError", err)
	}
	other := fixture.NewDB(t)
	fixture.NewTable(t, other, "t", []typed{{"a", 1}})
	var merge *MergeError
	if err := write(other, "a"); !errors.As(err, &merge) || merge.Column != "b" {
		t.Errorf("another type: %v, want a MergeError of b", err)
	}
	if err := write(db, "a", "b"); err != nil {
		t.Errorf("a key that tells rows apart: %v", err)
	}
	var missing *store.TableError
	if _, err := Write(t.Context(), db, Options{Dir: dir, Tables: []Table{{Name: "nowhere"}}}); !errors.As(err, &missing) {
		t.Errorf("no such table: %v, want a store.TableError", err)
	}
	after, err := os.ReadFile(filepath.Join(dir, "t.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if len(before) == 0 || len(after) == 0 {
		t.Error("the file is empty")
	}
	leftovers(t, dir, "manifest.json", "t.parquet")
}

func TestHostileNames(t *testing.T) {
	type row struct{ A string }
	db, dir := fixture.NewDB(t), t.TempDir()
	for _, name := range []string{"../up", "a/b", ".hidden", `c:\x`, "späße", "..", "CON a"} {
		fixture.NewTable(t, db, name, []row{{"v"}})
	}
	m, err := Write(t.Context(), db, Options{Dir: dir, Format: formats.CSV})
	if err != nil {
		t.Fatal(err)
	}
	leftovers(t, dir, "%2E.%2Fup.csv", "%2E..csv", "%2Ehidden.csv", "CON%20a.csv", "a%2Fb.csv", "c%3A%5Cx.csv", "manifest.json", "späße.csv")
	for _, f := range m.Files {
		if filepath.Base(f.Name) != f.Name {
			t.Errorf("%q leads out of the folder", f.Name)
		}
	}
}

func TestClearAfterVerifiedExport(t *testing.T) {
	rows := []fixture.Region{{Subject: "a", Name: "x", Volume: 1, Count: nil}, {Subject: "a", Name: "y", Volume: 2, Count: fixture.Int(7)}}
	for _, format := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
		t.Run(format.String(), func(t *testing.T) {
			db, dir := fixture.NewDB(t), t.TempDir()
			fixture.NewTable(t, db, "region", rows)
			fixture.NewTable(t, db, "kinds", []fixture.Kinds{{V64: []float64{1, 2, 3}, JSON: []byte("{}"), Nano: time.Unix(1, 2)}})
			if _, err := Write(t.Context(), db, Options{Dir: dir, Format: format, Clear: true}); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(db.Path()); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the database is still there: %v", err)
			}
			if diff := cmp.Diff(rows, read(t, filepath.Join(dir, "region"+format.Extension()))); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// The database stays when a file is damaged before it is read back, when
// another process writes meanwhile, and when not all of it is exported.
func TestClearRefused(t *testing.T) {
	testtime.Seconds(t)
	type other struct{ A string }
	for _, format := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
		for _, test := range []struct {
			name string
			opts Options
			step string
			do   func(t *testing.T, db *sqlite.DB, path string)
			want func(error) bool
		}{
			{"damaged", Options{}, "verify region" + format.Extension(), func(t *testing.T, _ *sqlite.DB, path string) {
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				text[len(text)/3] ^= 0x10
				if err := os.WriteFile(path, text, 0o600); err != nil {
					t.Fatal(err)
				}
			}, func(err error) bool { return errors.As(err, new(*VerifyError)) }},
			{"cut", Options{}, "verify region" + format.Extension(), func(t *testing.T, _ *sqlite.DB, path string) {
				if err := os.Truncate(path, 20); err != nil {
					t.Fatal(err)
				}
			}, func(err error) bool { return errors.As(err, new(*VerifyError)) }},
			{"written to", Options{}, "clear", func(t *testing.T, db *sqlite.DB, _ string) {
				fixture.NewTable(t, db, "region", []fixture.Region{{Subject: "z", Name: "z", Volume: 1, Count: nil}})
			}, func(err error) bool { return errors.Is(err, sqlite.ErrChanged) }},
			{"one table of two", Options{Tables: []Table{{Name: "region"}}}, "", nil, func(err error) bool { return errors.Is(err, ErrPartial) }},
			{"a part", Options{Tables: []Table{{Name: "region", Where: "volume > 1"}, {Name: "other"}}}, "", nil, func(err error) bool { return errors.Is(err, ErrPartial) }},
			{"wide", Options{Tables: []Table{{Name: "region", Wide: &Wide{Index: []string{"subject"}, Columns: []string{"name"}, Values: []string{"volume"}}}, {Name: "other"}}}, "", nil,
				func(err error) bool { return errors.Is(err, ErrPartial) }},
		} {
			t.Run(format.String()+" "+test.name, func(t *testing.T) {
				db, dir := fixture.NewDB(t), t.TempDir()
				fixture.NewTable(t, db, "region", []fixture.Region{{Subject: "a", Name: "x", Volume: 1, Count: nil}, {Subject: "a", Name: "yyyyyyyyyyyyyyyyyyyyyy", Volume: 2, Count: fixture.Int(7)}})
				fixture.NewTable(t, db, "other", []other{{"v"}})
				test.opts.Dir, test.opts.Format, test.opts.Clear = dir, format, true
				test.opts.step = func(step string) error {
					if step == test.step {
						test.do(t, db, filepath.Join(dir, "region"+format.Extension()))
					}
					return nil
				}
				_, err := Write(t.Context(), db, test.opts)
				if !test.want(err) {
					t.Errorf("error %v", err)
				}
				tbl, err := table.Open(t.Context(), db, table.Options[fixture.Region]{})
				if err != nil {
					t.Fatal(err)
				}
				if rows, err := tbl.Count(t.Context()); err != nil || rows < 2 {
					t.Errorf("the database has %d rows (%v)", rows, err)
				}
			})
		}
	}
}

// Text that repeats gets a dictionary in Parquet, and other text none.
func TestParquetDictionary(t *testing.T) {
	type row struct{ Same, Other string }
	rows := make([]row, 100)
	for i := range rows {
		rows[i] = row{"region", fmt.Sprint("uid", i)}
	}
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "t", rows)
	if _, err := Write(t.Context(), db, Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	r, err := formats.OpenParquet(filepath.Join(dir, "t.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i, want := range []bool{true, false} {
		c := r.File.Metadata().RowGroups[0].Columns[i].MetaData
		if got := c.DictionaryPageOffset != 0; got != want {
			t.Errorf("%v has a dictionary: %t, want %t", c.PathInSchema, got, want)
		}
	}
}
