package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/folderlock"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
)

// crashVar makes the test binary an exporter that is killed at a step.
const crashVar = "GALLEY_EXPORT_CRASH"

func TestMain(m *testing.M) {
	at, pause := os.Getenv(crashVar), os.Getenv(pauseVar)
	var err error
	switch {
	case at != "":
		var step int
		if step, err = strconv.Atoi(at); err == nil {
			err = export(os.Args[1], os.Args[2], os.Args[3], os.Args[4:], step)
		}
	case pause != "":
		err = exportAndTell(os.Args[1], os.Args[2], pause)
	default:
		goleak.VerifyTestMain(testtime.Tests{M: m})
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// export exports and clears a database, in partitions by some columns or none, and
// kills the process before the given step, counted from 1. It exits with 0 where there
// are fewer.
func export(path, dir, format string, by []string, at int) error {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	f, err := formats.ParseFormat(format)
	if err != nil {
		return err
	}
	steps := 0
	_, err = Write(ctx, db, Options{Dir: dir, Format: f, PartitionBy: by, RowsPerFile: int64(2 * len(by)), Existing: Merge, Clear: true, step: func(string) error {
		if steps++; steps != at {
			return nil
		}
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		if err == nil {
			select {}
		}
		return err
	}})
	return errors.Join(err, db.Close())
}

// Killed at any step, the exporter leaves each file as it was or as it was to
// become, whole, and the database unless all of it is in files. Run again, it
// ends as if nothing had been.
func TestKilledExportLeavesWholeFiles(t *testing.T) {
	testtime.Minutes(t)
	old := []fixture.Region{{Subject: "a", Name: "x", Volume: 1, Count: nil}, {Subject: "b", Name: "x", Volume: 2, Count: fixture.Int(2)}}
	fresh := []fixture.Region{{Subject: "b", Name: "x", Volume: 20, Count: fixture.Int(20)}, {Subject: "c", Name: "x", Volume: 3, Count: nil}}
	merged := []fixture.Region{old[0], fresh[0], fresh[1]}
	others := []fixture.Kinds{{ID: 1, V64: []float64{1, 2, 3}, JSON: []byte("{}"), Nano: time.Unix(1, 2)}}
	for _, format := range []formats.Format{formats.Parquet, formats.CSV} {
		t.Run(format.String(), func(t *testing.T) {
			for step, finished := 1, false; !finished; step++ {
				dir, path := t.TempDir(), filepath.Join(t.TempDir(), "test.db")
				fill := func(rows []fixture.Region, close bool) {
					t.Helper()
					db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
					if err != nil {
						t.Fatal(err)
					}
					fixture.NewTable(t, db, "region", rows)
					fixture.NewTable(t, db, "kinds", others)
					if close {
						if err := db.Close(); err != nil {
							t.Fatal(err)
						}
						return
					}
					if _, err := Write(t.Context(), db, Options{Dir: dir, Format: format, Clear: true}); err != nil {
						t.Fatal(err)
					}
				}
				fill(old, false) // an earlier export
				fill(fresh, true)

				run := func(at int) bool {
					t.Helper()
					cmd := exec.Command(os.Args[0], path, dir, format.String())
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
				finished = run(step)
				check := func(when string) {
					t.Helper()
					file := filepath.Join(dir, "region"+format.Extension())
					got := read(t, file)
					isOld, isNew := cmp.Equal(sortedRegions(old), sortedRegions(got)), cmp.Equal(merged, got)
					if !isOld && !isNew {
						t.Errorf("step %d, %s: the file has neither the old rows nor the new: %v", step, when, got)
					}
					_, err := os.Stat(path)
					if gone := errors.Is(err, fs.ErrNotExist); gone && !isNew {
						t.Errorf("step %d, %s: the database is gone, and the file has the old rows", step, when)
					} else if gone {
						if m, err := ReadManifest(dir); err != nil || m.file(filepath.Base(file)).Rows != 3 {
							t.Errorf("step %d, %s: the database is gone, and the manifest is %+v, %v", step, when, m, err)
						}
					}
				}
				check("killed")
				if _, err := os.Stat(path); err == nil && !finished {
					run(0) // to the end
					check("run again")
					if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
						t.Errorf("step %d: run again, the database is still there: %v", step, err)
					}
				}
				if !finished { // nothing is left, except for the file of a killed exporter's lock
					if err := os.Remove(filepath.Join(dir, folderlock.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
						t.Fatal(err)
					}
					leftovers(t, dir, "kinds"+format.Extension(), ManifestName, "region"+format.Extension())
				}
				if step > 100 {
					t.Fatal("the export does not end")
				}
			}
		})
	}
}

func sortedRegions(rows []fixture.Region) []fixture.Region {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b fixture.Region) int { return strings.Compare(a.Subject, b.Subject) })
	return rows
}
