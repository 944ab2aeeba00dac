package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/load"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// visit is a row whose columns can all name a folder.
type visit struct {
	Subject *string   `db:"subject"`
	Session int64     `db:"session"`
	Done    bool      `db:"done"`
	At      time.Time `db:"at"`
	ID      int64     `db:"id,key"`
	Score   float64   `db:"score"`
}

// hostile are values that a folder's name cannot have as they are, or that two
// readers take for something else.
var hostile = []string{"", "/", "..", ".", "a/../b", "%", "%2F", "100%", "a=b", "a b ", "dot.", "ü", "日本", "NULL", "__HIVE_DEFAULT_PARTITION__", "con:", "*?<>|\"'\\", "+", "\n", strings.Repeat("x", 240)}

func visits() (rows []visit) {
	for i, s := range hostile {
		rows = append(rows, visit{Subject: &s, ID: int64(2 * i), Score: 0.5}, visit{Subject: &s, Session: -1, Done: true, At: time.UnixMicro(int64(i)).UTC(), ID: int64(2*i + 1)})
	}
	return append(rows, visit{ID: 1000}, visit{ID: 1001, Session: 3})
}

// datasetFiles are the files below a folder, with slashes.
func datasetFiles(t *testing.T, root string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(root, path)
			all = append(all, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return all
}

// readDataset imports all files of a table's folder into a table that exists, or
// that the import creates.
func readDataset[T any](t *testing.T, dir, table string, exists bool) []T {
	t.Helper()
	db := fixture.NewDB(t)
	if exists {
		fixture.NewTable(t, db, table, []T(nil))
	}
	var sources []string
	for _, name := range datasetFiles(t, filepath.Join(dir, table)) {
		if strings.HasPrefix(filepath.Base(name), ".") { // of a killed export
			continue
		}
		sources = append(sources, filepath.Join(dir, table, filepath.FromSlash(name)))
	}
	res, err := load.Load(t.Context(), db, load.Options{Table: table, Sources: sources})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range res.Files {
		if f.Err != nil {
			t.Fatal(f.Err)
		}
	}
	return fixture.All[T](t, db, table)
}

// Rows go into the folders of their values, whatever these are, are read back, and
// an import of the folder has the same rows.
func TestPartitionsComeBack(t *testing.T) {
	for _, format := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
		for _, by := range [][]string{{"subject"}, {"subject", "session"}, {"at", "done"}} {
			t.Run(fmt.Sprint(format, by), func(t *testing.T) {
				t.Parallel()
				db, dir := fixture.NewDB(t), t.TempDir()
				fixture.NewTable(t, db, "visit", visits())
				m, err := Write(t.Context(), db, Options{Dir: dir, Format: format, PartitionBy: by, Clear: true})
				if err != nil {
					t.Fatal(err)
				}
				var names []string
				rows := int64(0)
				for _, f := range m.Files {
					names = append(names, strings.TrimPrefix(f.Name, "visit/"))
					rows += f.Rows
					if strings.Count(f.Name, "/") != len(by)+1 {
						t.Errorf("%s has other levels than %v", f.Name, by)
					}
				}
				slices.Sort(names)
				files := datasetFiles(t, filepath.Join(dir, "visit"))
				slices.Sort(files)
				if diff := cmp.Diff(names, files); diff != "" || rows != int64(len(visits())) {
					t.Errorf("%d rows, files (-manifest +found):\n%s", rows, diff)
				}
				got := readDataset[visit](t, dir, "visit", true)
				slices.SortFunc(got, func(a, b visit) int { return int(a.ID - b.ID) })
				if diff := cmp.Diff(visits(), got); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// Another reader takes the values from the names of the folders, as Hive spells
// them; NULL and the text that stands for it differ.
func TestPartitionFoldersAreRead(t *testing.T) {
	for _, value := range append(slices.Clone(hostile), "\x00") { // a database refuses NUL
		folder := formats.PartitionFolder("subject", &value)
		if strings.ContainsAny(folder, "/\\:*?\"<>|\x00\n") || strings.HasSuffix(folder, ".") || strings.HasSuffix(folder, " ") {
			t.Errorf("%q gives %q, which a file system may refuse", value, folder)
		}
		if got, ok := formats.Partitions("out/" + folder + "/part-0.csv")["subject"]; got != value || ok != (value != "") {
			t.Errorf("%q gives %q, which is read as %q", value, folder, got)
		}
	}
	if got := formats.Partitions("out/" + formats.PartitionFolder("subject", nil) + "/a.csv"); len(got) != 0 {
		t.Errorf("NULL is read as %v", got)
	}
}

func TestPartitionsThatCannotBe(t *testing.T) {
	long := strings.Repeat("x", 300)
	upper, lower := "A", "a"
	for name, c := range map[string]struct {
		rows   []visit
		opts   Options
		column string
		text   string
	}{
		"floats":          {opts: Options{PartitionBy: []string{"score"}}, column: "score", text: "float"},
		"twice":           {opts: Options{PartitionBy: []string{"done", "done"}}, column: "done", text: "twice"},
		"300 characters":  {rows: []visit{{Subject: &long}}, opts: Options{PartitionBy: []string{"subject"}}, column: "subject", text: "308 bytes"},
		"case":            {rows: []visit{{Subject: &upper}, {Subject: &lower, ID: 1}}, opts: Options{PartitionBy: []string{"subject"}}, text: "ignores case"},
		"merge by no key": {opts: Options{PartitionBy: []string{"subject"}, Existing: Merge}, column: "subject", text: "not part of the key"},
	} {
		db, dir := fixture.NewDB(t), t.TempDir()
		fixture.NewTable(t, db, "visit", c.rows)
		c.opts.Dir = dir
		var refused *PartitionError
		_, err := Write(t.Context(), db, c.opts)
		if !errors.As(err, &refused) || refused.Table != "visit" || refused.Column != c.column || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v, want a PartitionError of column %q with %q", name, err, c.column, c.text)
		}
		leftovers(t, dir)
	}
	db := fixture.NewDB(t)
	fixture.NewTable(t, db, "visit", []visit(nil))
	var column *ColumnError
	if _, err := Write(t.Context(), db, Options{Dir: t.TempDir(), PartitionBy: []string{"subjekt"}}); !errors.As(err, &column) {
		t.Errorf("no such column: %v", err)
	}
	for name, opts := range map[string]Options{
		"wide":     {PartitionBy: []string{"subject"}, Tables: []Table{{Name: "visit", Wide: &Wide{Index: []string{"id"}, Columns: []string{"subject"}, Values: []string{"score"}}}}},
		"negative": {RowsPerFile: -1},
	} {
		opts.Dir = t.TempDir()
		if _, err := Write(t.Context(), db, opts); !errors.Is(err, store.ErrOptions) {
			t.Errorf("%s: %v, want %v", name, err, store.ErrOptions)
		}
	}
	if _, err := Stream(t.Context(), db, &strings.Builder{}, Options{RowsPerFile: 1, Tables: []Table{{Name: "visit"}}}); !errors.Is(err, store.ErrOptions) {
		t.Errorf("a stream: %v, want %v", err, store.ErrOptions)
	}
}

// A number of files that no reader would thank for is refused, and nothing is left.
func TestTooManyPartitions(t *testing.T) {
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "visit", make([]visit, 0))
	d, err := newDataset(describe(t, db, "visit"), nil, Options{PartitionBy: []string{"id"}})
	if err != nil {
		t.Fatal(err)
	}
	d.files = maxFiles
	w := newWriting(db, Options{Dir: dir, PartitionBy: []string{"id"}})
	j := &job{table: Table{Name: "visit"}, schema: d.schema, name: "visit", data: d}
	d.root = filepath.Join(dir, "visit")
	var refused *PartitionError
	if err := j.writeParts(t.Context(), w); !errors.As(err, &refused) || !strings.Contains(err.Error(), "10000 files") {
		t.Errorf("%v, want a PartitionError", err)
	}
	leftovers(t, dir)
}

// regions are rows of some subjects, with a volume that says when they were
// written.
func regions(volume float64, names int, subjects ...string) (rows []fixture.Region) {
	for _, s := range subjects {
		for n := range names {
			rows = append(rows, fixture.Region{Subject: s, Name: fmt.Sprintf("n%03d", n), Volume: volume})
		}
	}
	return rows
}

// A merge keeps the rows that only the files have, and the partitions that the
// table has no longer. Each row stays in its file.
func TestPartitionsMerge(t *testing.T) {
	for _, format := range []formats.Format{formats.Parquet, formats.CSV} {
		for _, perFile := range []int64{0, 1, 3, 100} {
			t.Run(fmt.Sprint(format, perFile), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				opts := Options{Dir: dir, Format: format, PartitionBy: []string{"subject"}, RowsPerFile: perFile, Existing: Merge, Clear: true}
				write := func(rows []fixture.Region) {
					t.Helper()
					db := fixture.NewDB(t)
					slices.Reverse(rows) // in no order
					fixture.NewTable(t, db, "region", rows)
					if _, err := Write(t.Context(), db, opts); err != nil {
						t.Fatal(err)
					}
				}
				write(regions(1, 7, "gone", "kept"))
				before, err := ReadManifest(dir)
				if err != nil {
					t.Fatal(err)
				}
				fresh := regions(2, 12, "kept", "new")
				fresh = slices.DeleteFunc(fresh, func(r fixture.Region) bool { return r.Name == "n002" })
				fresh = append(fresh, fixture.Region{Subject: "kept", Name: "a", Volume: 2}, fixture.Region{Subject: "kept", Name: "n0035", Volume: 2})
				write(slices.Clone(fresh))
				want := append(regions(1, 7, "gone"), fixture.Region{Subject: "kept", Name: "n002", Volume: 1})
				want = append(want, fresh...)
				byKey := func(a, b fixture.Region) int { return strings.Compare(a.Subject+"/"+a.Name, b.Subject+"/"+b.Name) }
				slices.SortFunc(want, byKey)
				got := readDataset[fixture.Region](t, dir, "region", true)
				slices.SortFunc(got, byKey)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
				after, err := ReadManifest(dir)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range before.Files {
					now := after.file(f.Name)
					if now == nil || strings.Contains(f.Name, "gone") && now.SHA256 != f.SHA256 {
						t.Errorf("%s is %+v after the merge", f.Name, now)
					}
				}
				if parts := len(datasetFiles(t, filepath.Join(dir, "region"))); parts != len(after.Files) {
					t.Errorf("%d files, %d in the manifest", parts, len(after.Files))
				}
			})
		}
	}
}

// Files whose ranges of keys overlap, and folders of other columns, are refused by
// a merge; a replacement removes them, and nothing else.
func TestPartitionsReplace(t *testing.T) {
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "region", regions(1, 4, "a", "b"))
	write := func(opts Options) error {
		t.Helper()
		opts.Dir = dir
		_, err := Write(t.Context(), db, opts)
		return err
	}
	if err := write(Options{PartitionBy: []string{"subject", "name"}}); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(dir, "region", "README.txt")
	if err := os.WriteFile(foreign, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	var layout *PartitionError
	if err := write(Options{PartitionBy: []string{"subject"}, Existing: Merge}); !errors.As(err, &layout) || !strings.Contains(err.Error(), "other columns") {
		t.Errorf("a merge with other folders: %v", err)
	}
	if err := write(Options{RowsPerFile: 3}); !errors.Is(err, ErrExists) {
		t.Errorf("another layout: %v, want %v", err, ErrExists)
	}
	if err := write(Options{RowsPerFile: 3, Existing: Replace}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"README.txt", "part-0.parquet", "part-1.parquet", "part-2.parquet"}, datasetFiles(t, filepath.Join(dir, "region"))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	first, second := filepath.Join(dir, "region", "part-0.parquet"), filepath.Join(dir, "region", "part-1.parquet")
	for _, move := range [][2]string{{first, first + "x"}, {second, first}, {first + "x", second}} {
		if err := os.Rename(move[0], move[1]); err != nil {
			t.Fatal(err)
		}
	}
	var overlap *MergeError
	if err := write(Options{RowsPerFile: 3, Existing: Merge}); !errors.As(err, &overlap) || !strings.Contains(err.Error(), "part-1.parquet") {
		t.Errorf("parts in another order: %v, want a MergeError", err)
	}
	if err := write(Options{Existing: Replace}); err != nil { // one file beside the dataset
		t.Fatal(err)
	}
	if err := write(Options{PartitionBy: []string{"subject"}, Existing: Replace, Tables: []Table{{Name: "region", Where: "subject = ?", Args: []any{"a"}}}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"README.txt", "subject=a/part-0.parquet"}, datasetFiles(t, filepath.Join(dir, "region"))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(regions(1, 4, "a"), readWithout(t, dir, foreign)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func readWithout(t *testing.T, dir, foreign string) []fixture.Region {
	t.Helper()
	if err := os.Remove(foreign); err != nil {
		t.Fatal(err)
	}
	return readDataset[fixture.Region](t, dir, "region", true)
}

// A table without rows is one file, whose columns a reader finds.
func TestPartitionsOfAnEmptyTable(t *testing.T) {
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "region", []fixture.Region(nil))
	opts := Options{Dir: dir, PartitionBy: []string{"subject"}, Existing: Merge, Clear: true}
	if _, err := Write(t.Context(), db, opts); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"subject=__HIVE_DEFAULT_PARTITION__/part-0.parquet"}, datasetFiles(t, filepath.Join(dir, "region"))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	again := fixture.NewDB(t)
	fixture.NewTable(t, again, "region", regions(1, 2, "a"))
	if _, err := Write(t.Context(), again, opts); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(regions(1, 2, "a"), readDataset[fixture.Region](t, dir, "region", true)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// A folder that a link leads out of is not written.
func TestPartitionsWithoutLinks(t *testing.T) {
	db, dir, elsewhere := fixture.NewDB(t), t.TempDir(), t.TempDir()
	fixture.NewTable(t, db, "region", regions(1, 1, "a"))
	if err := os.Mkdir(filepath.Join(dir, "region"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(dir, "region", "subject=a")); err != nil {
		t.Skip(err)
	}
	for _, existing := range []Existing{Refuse, Merge, Replace} {
		if _, err := Write(t.Context(), db, Options{Dir: dir, PartitionBy: []string{"subject"}, Existing: existing}); err == nil {
			t.Errorf("a link was followed under %d", existing)
		}
	}
	leftovers(t, elsewhere)
	if err := os.Remove(filepath.Join(dir, "region", "subject=a")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(dir, "region", "part-0.parquet")); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), db, Options{Dir: dir, PartitionBy: []string{"subject"}, Existing: Replace}); err == nil {
		t.Error("a link was taken for a file of the dataset, and removed")
	}
}

// An export that was killed leaves files of its own, which the next one removes.
func TestPartitionsSweep(t *testing.T) {
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "region", regions(1, 1, "a"))
	folder := filepath.Join(dir, "region", "subject=b")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, ".part-0.parquet.new-123"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), db, Options{Dir: dir, PartitionBy: []string{"subject"}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"subject=a/part-0.parquet"}, datasetFiles(t, filepath.Join(dir, "region"))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// Values that a file system takes for one name, as one does that ignores case, do not
// replace each other's files.
func TestPartitionsOfOneName(t *testing.T) {
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "region", regions(1, 1, "a", "b"))
	var refused *PartitionError
	_, err := Write(t.Context(), db, Options{Dir: dir, PartitionBy: []string{"subject"}, step: func(step string) error {
		if step == "write region/subject=a/part-0.parquet" {
			return os.Mkdir(filepath.Join(dir, "region", "subject=b"), 0o700)
		}
		return nil
	}})
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "subject=b") {
		t.Errorf("%v, want a PartitionError that names the folder", err)
	}
}

// An error in the middle leaves neither files nor folders.
func TestPartitionsFailWhole(t *testing.T) {
	for _, at := range []string{"write region/subject=b", "sync region/subject=b"} {
		db, dir := fixture.NewDB(t), t.TempDir()
		fixture.NewTable(t, db, "region", regions(1, 1, "a", "b"))
		failed := errors.New("failed")
		_, err := Write(t.Context(), db, Options{Dir: dir, PartitionBy: []string{"subject"}, step: func(step string) error {
			if strings.HasPrefix(step, at) {
				return failed
			}
			return nil
		}})
		if !errors.Is(err, failed) {
			t.Errorf("%s: %v", at, err)
		}
		leftovers(t, dir)
	}
}

func describe(t *testing.T, db *sqlite.DB, table string) *schema.Schema {
	t.Helper()
	s, err := db.Describe(t.Context(), table)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
