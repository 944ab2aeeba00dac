package export

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// recorder is a disk that takes down what is done to a folder.
type recorder struct{ *faultvfs.Folder }

func (r recorder) create(_, pattern string) (diskFile, error) {
	f, err := r.Create(pattern)
	if err != nil {
		return nil, err
	}
	return f, nil
}
func (r recorder) rename(from, to string) error { return r.Rename(from, to) }
func (r recorder) remove(path string) error     { return r.Remove(path) }
func (r recorder) syncFolder(string) error      { return r.Sync() }

// finding is a row of a table that gets a column between two exports.
type finding struct {
	ID   int64 `db:"id,key"`
	Text string
}

type ratedFinding struct {
	ID     int64 `db:"id,key"`
	Text   string
	Rating *float64
}

// task is what a pipeline stores under a key.
type task struct {
	key      string
	regions  []fixture.Region
	findings []ratedFinding
	acked    int // length of the log when it was stored
}

// tasks are those of a course: some rows take the place of those of an earlier
// export.
func tasks() (all []*task) {
	for i := range 12 {
		t := &task{key: fmt.Sprint("task ", i)}
		for k := range []int{1, 40, 3, 9}[i%4] {
			value := float64(100*i + k)
			if i%3 == 2 {
				t.findings = append(t.findings, ratedFinding{int64(50*i + k), fmt.Sprint("found ", i), &value})
			} else {
				t.regions = append(t.regions, fixture.Region{Subject: fmt.Sprintf("s%02d", i), Name: fmt.Sprintf("r%02d", k), Volume: value, Count: fixture.Int(int64(i))})
			}
		}
		all = append(all, t)
	}
	return all
}

// tables are the tables of a course.
type tables struct {
	db       *sqlite.DB
	regions  *table.Table[fixture.Region]
	findings *table.Table[ratedFinding]
}

func openTables(t *testing.T, path string, d sqlite.Durability) *tables {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{Durability: d, CacheKiB: 1000})
	if err != nil {
		t.Fatal(err)
	}
	ts := &tables{db: db}
	ts.regions, err = table.Open(t.Context(), db, table.Options[fixture.Region]{Name: "region"})
	if err == nil {
		ts.findings, err = table.Open(t.Context(), db, table.Options[ratedFinding]{Name: "finding"})
	}
	if err != nil {
		t.Fatal(errors.Join(err, db.Close()))
	}
	return ts
}

// keys are those of the tasks that are stored.
func (ts *tables) keys(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, keys := range []iter.Seq2[string, error]{ts.regions.Keys(t.Context()), ts.findings.Keys(t.Context())} {
		for key, err := range keys {
			if err != nil {
				t.Fatal(err)
			}
			all[key] = true
		}
	}
	return all
}

// store stores a task, and reports whether it was not there yet.
func (ts *tables) store(t *testing.T, k *task) (fresh bool, err error) {
	if len(k.findings) > 0 {
		return ts.findings.AppendOnce(t.Context(), k.key, k.findings)
	}
	return ts.regions.AppendOnce(t.Context(), k.key, k.regions)
}

// files are the contents of a folder, by name.
type files map[string]string

func contents(t *testing.T, dir string) files {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := files{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}

// exported is a run of a pipeline under a log: tasks and an export, which
// merges, more tasks, and an export that clears.
type exported struct {
	format formats.Format
	log    *faultvfs.Log
	path   string // of the database
	dir    string // of the files
	begin  int
	tasks  []*task
	states [3]files // of the folder: before the exports, and after each
	done   [3]int   // length of the log when it was so
}

// keepExports runs the pipeline, in a folder that has files of an earlier
// export, or none.
func keepExports(t *testing.T, home string, format formats.Format, d sqlite.Durability, earlier bool) *exported {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	x := &exported{format: format, path: filepath.Join(home, "test.db"), dir: filepath.Join(home, "out"), tasks: tasks()}
	must(os.MkdirAll(x.dir, 0o700))
	opts := Options{Dir: x.dir, Format: format, Existing: Merge, TempDir: home}
	if earlier {
		db, err := sqlite.Open(t.Context(), x.path, sqlite.Options{})
		must(err)
		fixture.NewTable(t, db, "region", []fixture.Region{{Subject: "s01", Name: "r02", Volume: -1, Count: nil}, {Subject: "s00", Name: "r00", Volume: -2, Count: fixture.Int(2)}, {Subject: "s99", Name: "r00", Volume: -3, Count: nil}})
		fixture.NewTable(t, db, "finding", []finding{{101, "old, and to be replaced"}, {1, "old, \"and\" to stay"}})
		o := opts
		o.Clear = true
		if _, err := Write(t.Context(), db, o); err != nil {
			t.Fatal(err)
		}
	}
	v := faultvfs.Register("galley.below") // which store's own stands on
	defer v.Unregister()
	ts := openTables(t, x.path, d)
	if _, err := ts.db.Checkpoint(t.Context(), sqlite.Truncate); err != nil {
		t.Fatal(err)
	}
	x.log = v.Record(x.path, x.path+"-wal")
	folder, err := x.log.Folder(x.dir)
	must(err)
	opts.disk = recorder{folder}
	x.begin = x.log.Len()
	x.states[0] = contents(t, x.dir)
	for i, k := range x.tasks {
		if fresh, err := ts.store(t, k); err != nil || !fresh {
			t.Fatal(fresh, err)
		}
		k.acked = x.log.Len()
		half := len(x.tasks) / 2
		if i+1 != half && i+1 != len(x.tasks) {
			continue
		}
		n := (i + 1) / half
		opts.Clear = n == 2
		if _, err := Write(t.Context(), ts.db, opts); err != nil {
			t.Fatal(err)
		}
		x.states[n], x.done[n] = contents(t, x.dir), x.log.Len()
	}
	must(v.SyncFolder(home)) // as whatever comes next does
	x.log.Stop()
	if x.log.Len() < 60 {
		t.Fatalf("the log has %d changes only: is the VFS in its place?", x.log.Len())
	}
	return x
}

// names are those of the files that an export writes.
func (x *exported) names() []string {
	return slices.Sorted(maps.Keys(x.states[2]))
}

// moment is when power is lost: a third of the times where an export ends, and
// a tenth when the database is cleared.
func (x *exported) moment(rng *rand.Rand) int {
	switch end := x.done[1+rng.IntN(2)]; rng.IntN(10) {
	case 0, 1, 2:
		return end - rng.IntN(24)
	case 3:
		return x.log.Len() - rng.IntN(4)
	}
	return x.begin + rng.IntN(x.log.Len()-x.begin+1)
}

// TestCrashImages composes the files and the database as a power loss leaves
// them, at random moments of two exports that merge into the same files and of
// which the second clears, under three models of loss. Each file is found in its
// old or its new state, whole, and in its new state once the export has returned; the manifest names only existing content; the database is gone
// only if all is in files. The pipeline runs again on what is found, or is
// preceded by an export: in the end the files have every row once.
func TestCrashImages(t *testing.T) {
	testtime.Minutes(t)
	home := memoryDir(t)
	for _, d := range []sqlite.Durability{sqlite.Normal, sqlite.Full} {
		var courses []*exported
		for i, earlier := range []bool{true, false} {
			for k, f := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
				courses = append(courses, keepExports(t, filepath.Join(home, fmt.Sprint(d, i, k)), f, d, earlier))
			}
		}
		for _, loss := range []faultvfs.Loss{faultvfs.Dropped, faultvfs.Operations, faultvfs.Sectors} {
			t.Run(fmt.Sprint(d, "/", loss), func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(uint64(d), uint64(loss)))
				images := 250
				if os.Getenv("GALLEY_LAB") != "" {
					images = 2500
				}
				var seen sightings
				for i := range images {
					x := courses[i%len(courses)]
					at := x.moment(rng)
					to := filepath.Join(home, fmt.Sprint("image", d, loss))
					x.crash(t, to, x.log.Image(at, loss, rng), at, d, i/len(courses)%2 == 0, &seen)
					if err := os.RemoveAll(to); err != nil {
						t.Fatal(err)
					}
					if t.Failed() {
						t.Fatalf("image %d of %d: %v, earlier files %v, at change %d of %d", i, images, x.format, len(x.states[0]) > 0, at, x.log.Len())
					}
				}
				t.Logf("%d images: %+v", images, seen)
				if seen.gone == 0 || seen.mixed == 0 && loss != faultvfs.Dropped {
					t.Errorf("the database was gone in %d images, and the files were of different exports in %d", seen.gone, seen.mixed)
				}
			})
		}
	}
}

// sightings count what was found in images.
type sightings struct {
	gone   int // the database
	lost   int // acknowledged tasks were missing from it
	mixed  int // files of different exports
	litter int // files that were never published
}

// crash looks at what an image has, and goes on from there, at once or after an
// export.
func (x *exported) crash(t *testing.T, home string, image faultvfs.Image, at int, d sqlite.Durability, atOnce bool, seen *sightings) {
	dir, path := filepath.Join(home, "out"), filepath.Join(home, "test.db")
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = errors.Join(image.SaveFolder(x.dir, dir), image.Save(x.path, path))
	}
	if err != nil {
		t.Fatal(err)
	}
	least := 0 // what has been returned
	for k, done := range x.done {
		if done <= at {
			least = k
		}
	}
	have := x.judge(t, contents(t, dir), least, seen)
	_, err = os.Stat(path)
	gone := errors.Is(err, fs.ErrNotExist)
	if gone {
		seen.gone++
		if least := slices.Min(slices.Collect(maps.Values(have))); least < 2 {
			t.Errorf("the database is gone, and the files are those of %v", have)
		}
	}
	if t.Failed() {
		return
	}
	opts := Options{Dir: dir, Format: x.format, Existing: Merge, Clear: true, TempDir: home}
	if !gone && !atOnce {
		ts := openTables(t, path, d)
		x.present(t, ts.keys(t), at, d, seen)
		if _, err := Write(t.Context(), ts.db, opts); err != nil {
			t.Fatalf("export of what was found: %v", err)
		}
	}
	ts := openTables(t, path, d)
	stored := map[string]bool{}
	for _, k := range x.tasks {
		fresh, err := ts.store(t, k)
		if err != nil {
			t.Fatalf("%s: %v", k.key, err)
		}
		stored[k.key] = !fresh
	}
	switch {
	case atOnce && !gone:
		x.present(t, stored, at, d, seen)
	default:
		for key, there := range stored {
			if there {
				t.Errorf("%s is in a database that was cleared", key)
			}
		}
	}
	if _, err := Write(t.Context(), ts.db, opts); err != nil {
		t.Fatalf("the pipeline's next export: %v", err)
	}
	x.complete(t, dir)
}

// judge returns the export that wrote each file, 0 for the state before.
func (x *exported) judge(t *testing.T, found files, least int, seen *sightings) map[string]int {
	have := map[string]int{}
	for _, name := range x.names() {
		content, there := found[name]
		is := -1
		for k := 2; k >= 0 && is < 0; k-- {
			if want, exists := x.states[k][name]; content == want && there == exists {
				is = k
			}
		}
		if is < least {
			t.Errorf("%s is that of export %d (-1: of none), and export %d was returned: %.200q", name, is, least, content)
		}
		have[name] = is
		delete(found, name)
	}
	for name := range found {
		if !strings.Contains(name, ".new-") {
			t.Errorf("there is a file %q", name)
		}
		seen.litter++
	}
	manifest := have[ManifestName]
	for name, is := range have {
		if is < manifest {
			t.Errorf("the manifest is that of export %d, and %s that of %d", manifest, name, is)
		}
		if is != manifest {
			seen.mixed++
		}
	}
	return have
}

// present wants the tasks in the database that were acknowledged, or under
// NORMAL the first of them.
func (x *exported) present(t *testing.T, stored map[string]bool, at int, d sqlite.Durability, seen *sightings) {
	gap := ""
	for _, k := range x.tasks {
		switch {
		case stored[k.key] && gap != "":
			t.Errorf("%s is in the database, and %s before it is not", k.key, gap)
		case !stored[k.key]:
			gap = k.key
			if k.acked <= at {
				seen.lost++
				if d == sqlite.Full {
					t.Errorf("%s was acknowledged, and is not in the database", k.key)
				}
			}
		}
	}
}

// complete wants the files as the last export left them, and no others.
func (x *exported) complete(t *testing.T, dir string) {
	t.Helper()
	leftovers(t, dir, x.names()...)
	m, err := ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range contents(t, dir) {
		if name == ManifestName {
			continue
		}
		if diff := cmp.Diff(x.states[2][name], content); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if sum, err := formats.SumFile(filepath.Join(dir, name)); err != nil || m.file(name).SHA256 != sum {
			t.Errorf("%s: the manifest speaks of another (%v)", name, err)
		}
	}
}

// memoryDir is a folder in memory where there is such a file system: the bytes
// of thousands of images prove nothing more on a disk.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "galley-lab-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
