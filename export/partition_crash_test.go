package export

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/powerloss"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
)

// partitionCourse is an earlier export in partitions, and one that merges into it: it
// changes a row in a file, adds one to a file, files to a partition, and a partition.
var partitionCourse = struct{ old, fresh []fixture.Region }{
	old:   regions(1, 3, "gone", "kept"),
	fresh: append(regions(2, 6, "kept", "new"), fixture.Region{Subject: "kept", Name: "a", Volume: 2}),
}

// merged are the rows of the course at its end, by key.
func mergedCourse() []fixture.Region {
	return byKey(append(regions(1, 3, "gone"), partitionCourse.fresh...))
}

func byKey(rows []fixture.Region) []fixture.Region {
	slices.SortFunc(rows, func(a, b fixture.Region) int { return strings.Compare(a.Subject+"/"+a.Name, b.Subject+"/"+b.Name) })
	return rows
}

// fillRegions makes a database of regions.
func fillRegions(t *testing.T, path string, rows []fixture.Region) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{Durability: sqlite.Full})
	if err != nil {
		t.Fatal(err)
	}
	fixture.NewTable(t, db, "region", rows)
	return db
}

// checkCourse reads the dataset as a crash left it. No row that was in a file is gone
// or doubled, and a file has old values or new ones. Once the database is gone, the
// files and the manifest are those of the end.
func checkCourse(t *testing.T, when, dir string, gone bool) {
	t.Helper()
	got := byKey(readDataset[fixture.Region](t, dir, "region", true))
	if gone {
		if diff := cmp.Diff(mergedCourse(), got); diff != "" {
			t.Errorf("%s: the database is gone, and the rows are others (-want +got):\n%s", when, diff)
		}
		rows, m := int64(0), &Manifest{}
		m, err := ReadManifest(dir)
		for _, f := range m.Files {
			rows += f.Rows
		}
		if err != nil || rows != int64(len(got)) {
			t.Errorf("%s: the database is gone, and the manifest has %d rows of %d, %v", when, rows, len(got), err)
		}
		return
	}
	keys := map[string]bool{}
	for _, r := range got {
		key := r.Subject + "/" + r.Name
		if keys[key] {
			t.Errorf("%s: row %s is in two files", when, key)
		}
		keys[key] = true
	}
	for _, r := range partitionCourse.old {
		if key := r.Subject + "/" + r.Name; !keys[key] {
			t.Errorf("%s: row %s is lost", when, key)
		}
	}
}

// Killed at any step, an export in partitions loses no row of the files and doubles
// none; run again, it ends as if nothing had been.
func TestKilledExportOfPartitions(t *testing.T) {
	testtime.Minutes(t)
	opts := Options{PartitionBy: []string{"subject"}, RowsPerFile: 2, Existing: Merge, Clear: true}
	for step, finished := 1, false; !finished; step++ {
		path := filepath.Join(t.TempDir(), "test.db")
		opts.Dir = t.TempDir()
		if _, err := Write(t.Context(), fillRegions(t, path, slices.Clone(partitionCourse.old)), opts); err != nil {
			t.Fatal(err)
		}
		if err := fillRegions(t, path, partitionCourse.fresh).Close(); err != nil {
			t.Fatal(err)
		}
		run := func(at int) bool {
			t.Helper()
			cmd := exec.Command(os.Args[0], path, opts.Dir, formats.Parquet.String(), "subject")
			cmd.Env = append(os.Environ(), crashVar+"="+strconv.Itoa(at))
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.ExitCode() == -1 {
				return false // killed
			}
			if err != nil {
				t.Fatalf("step %d: %v: %s", at, err, out)
			}
			return true
		}
		exists := func() bool {
			_, err := os.Stat(path)
			return err == nil
		}
		finished = run(step)
		checkCourse(t, "killed before step "+strconv.Itoa(step), opts.Dir, !exists())
		if exists() {
			run(0)
			checkEnd(t, "after step "+strconv.Itoa(step), opts.Dir)
		}
		if step > 300 {
			t.Fatal("the export does not end")
		}
	}
}

// checkEnd checks the dataset after the export was run again.
func checkEnd(t *testing.T, when, dir string) {
	t.Helper()
	checkCourse(t, "run again "+when, dir, true)
	for _, name := range datasetFiles(t, filepath.Join(dir, "region")) {
		if strings.Contains(name, "/.") {
			t.Errorf("run again %s: %s is left", when, name)
		}
	}
}

// TestPowerLossOfPartitions loses power before each step of such an export.
func TestPowerLossOfPartitions(t *testing.T) {
	testtime.Minutes(t)
	disk := powerloss.New(t)
	opts := Options{Dir: disk.Dir(), Format: formats.CSV, PartitionBy: []string{"subject"}, RowsPerFile: 2, Existing: Merge, Clear: true}
	path := filepath.Join(disk.Dir(), "test.db")
	if _, err := Write(t.Context(), fillRegions(t, path, slices.Clone(partitionCourse.old)), opts); err != nil {
		t.Fatal(err)
	}
	db := fillRegions(t, path, partitionCourse.fresh)
	opts.step = func(step string) error {
		disk.Lose(func(dir string) {
			_, err := os.Stat(filepath.Join(dir, "test.db"))
			gone := errors.Is(err, fs.ErrNotExist)
			if gone && step != "cleared" {
				t.Errorf("before %q: the database is gone", step)
			}
			checkCourse(t, "before "+step, dir, gone || step == "clear")
			if gone {
				return
			}
			again, err := sqlite.Open(t.Context(), filepath.Join(dir, "test.db"), sqlite.Options{})
			if err != nil {
				t.Errorf("before %q: %v", step, err)
				return
			}
			o := opts
			o.Dir, o.step = dir, nil
			if _, err := Write(t.Context(), again, o); err != nil {
				t.Errorf("before %q: run again: %v", step, err)
				again.Close()
			}
			checkEnd(t, "before "+step, dir)
		})
		return nil
	}
	if _, err := Write(t.Context(), db, opts); err != nil {
		t.Error(err)
	}
	if disk.Cuts() < 20 {
		t.Errorf("power was lost %d times only", disk.Cuts())
	}
}
