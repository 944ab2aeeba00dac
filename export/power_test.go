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
	"github.com/galley-db/galley/internal/powerloss"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
)

// TestPowerLoss loses power before each step of an export that merges into
// earlier files and clears the database. Each file is found in its old or its
// new state, whole; before the database is removed all of it is in files,
// whatever disk it is on; and the export, run again on what was found, ends as
// if nothing had been.
func TestPowerLoss(t *testing.T) {
	testtime.Minutes(t)
	old := []fixture.Region{{Subject: "a", Name: "x", Volume: 1, Count: nil}, {Subject: "b", Name: "x", Volume: 2, Count: fixture.Int(2)}}
	fresh := []fixture.Region{{Subject: "b", Name: "x", Volume: 20, Count: fixture.Int(20)}, {Subject: "c", Name: "x", Volume: 3, Count: nil}}
	merged := []fixture.Region{old[0], fresh[0], fresh[1]}
	others := []fixture.Kinds{{ID: 1, V64: []float64{1, 2, 3}, Text: "a text", JSON: []byte("{}"), Nano: time.Unix(1, 2)}}
	for _, format := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
		t.Run(format.String(), func(t *testing.T) {
			disk := powerloss.New(t)
			fill := func(rows []fixture.Region) *sqlite.DB {
				t.Helper()
				db, err := sqlite.Open(t.Context(), filepath.Join(disk.Dir(), "test.db"), sqlite.Options{Durability: sqlite.Full})
				if err != nil {
					t.Fatal(err)
				}
				fixture.NewTable(t, db, "region", rows)
				fixture.NewTable(t, db, "kinds", others)
				return db
			}
			opts := Options{Dir: disk.Dir(), Format: format, Existing: Merge, Clear: true}
			if _, err := Write(t.Context(), fill(old), opts); err != nil {
				t.Fatal(err)
			}
			db := fill(fresh)
			file := "region" + format.Extension()
			opts.step = func(step string) error {
				disk.Lose(func(dir string) {
					got := read(t, filepath.Join(dir, file))
					isOld, isNew := cmp.Equal(sortedRegions(old), sortedRegions(got)), cmp.Equal(merged, got)
					if !isOld && !isNew {
						t.Errorf("before %q: the file has neither the old rows nor the new: %v", step, got)
					}
					m, err := ReadManifest(dir)
					if err != nil {
						t.Errorf("before %q: the manifest: %v", step, err)
						return
					}
					if clears := step == "clear" || step == "cleared"; clears && (!isNew || m.file(file).Rows != 3) {
						t.Errorf("before %q: the file is not durable, or the manifest is not: %v, %+v", step, got, m.file(file))
					}
					_, err = os.Stat(filepath.Join(dir, "test.db"))
					if errors.Is(err, fs.ErrNotExist) {
						if step != "cleared" {
							t.Errorf("before %q: the database is gone", step)
						}
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
					if diff := cmp.Diff(merged, read(t, filepath.Join(dir, file))); diff != "" {
						t.Errorf("before %q: run again (-want +got):\n%s", step, diff)
					}
				})
				return nil
			}
			if _, err := Write(t.Context(), db, opts); err != nil {
				t.Error(err)
			}
			if disk.Cuts() < 10 {
				t.Errorf("power was lost %d times only", disk.Cuts())
			}
		})
	}
}
