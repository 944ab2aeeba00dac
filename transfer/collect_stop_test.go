package transfer

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// TestCollectStoppedReportsMissing: a look that the caller stops before its end reports
// what is missing, as one that has ended does.
func TestCollectStoppedReportsMissing(t *testing.T) {
	s, db := newSpool(t), newDatabase(t)
	fill(t, s, 2, "a")
	want := []Expected{{Key: "a"}}
	for _, watch := range []bool{true, false} {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		report, err := Collect(ctx, db, []string{s.Path()}, CollectOptions{Watch: watch, Interval: 1, Expect: want})
		if watch != (err == nil) {
			t.Errorf("watch %t: error %v", watch, err)
		}
		if diff := cmp.Diff(want, report.Missing); diff != "" {
			t.Errorf("watch %t: missing (-want +got):\n%s", watch, diff)
		}
	}
}

// TestCollectFailedReportsMissing: a look that fails reports what is missing, or that
// this is unknown.
func TestCollectFailedReportsMissing(t *testing.T) {
	for _, c := range []struct {
		closed bool // the destination, which then cannot say what it holds
		want   []Expected
	}{{false, []Expected{{Key: "b"}}}, {true, nil}} {
		s, db := newSpool(t), newDatabase(t)
		fill(t, s, 2, "a")
		opts := CollectOptions{Expect: []Expected{{Key: "a"}, {Key: "b"}}}
		if _, err := Collect(t.Context(), db, []string{s.Path()}, opts); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(s.Path(), "tables")); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(s.Path(), "tables"), []byte("a file"))
		if c.closed {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		report, err := Collect(t.Context(), db, []string{s.Path()}, opts)
		if err == nil {
			t.Fatal("a spool without its folder was collected")
		}
		if diff := cmp.Diff(c.want, report.Missing); diff != "" {
			t.Errorf("closed %t: missing (-want +got):\n%s", c.closed, diff)
		}
	}
}

// TestCollectRefusedIsCollectedLater: with Watch a file that the destination refused and
// then takes, because its table was changed, is reported as collected and not as
// refused. A file that is gone is not reported as refused either.
func TestCollectRefusedIsCollectedLater(t *testing.T) {
	s, db := newSpool(t), newDatabase(t)
	fill(t, s, 2, "a", "gone")
	openNarrow(t, db)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	changed, parts := false, 0
	report, err := Collect(ctx, db, []string{s.Path()}, CollectOptions{Watch: true, Interval: 1, Expect: []Expected{{Key: "a"}, {Key: "b"}},
		Progress: func(r CollectReport) {
			if parts++; parts == 100 {
				stop() // it refuses the files for ever
			}
			if len(r.Refused) < 2 || changed {
				return
			}
			changed = true
			if err := os.Remove(batchPath(s, "region", "gone")); err != nil {
				t.Error(err)
			}
			if _, err := table.Open[region](t.Context(), db, table.Options[region]{Evolve: store.Rebuild}); err != nil {
				t.Error(err)
			}
			fill(t, s, 2, "b")
		}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := counts(report), "batches 2 rows 4 present 0 duplicates 0 aside 0 refused 0"; got != want {
		t.Errorf("report: %s, want %s: %v", got, want, report.Refused)
	}
	stored(t, db, 2, "a", "b")
}

// TestCollectStoppedReportsRefused: each file is reported once, as collected or as
// refused, when the caller stops the look in which it is taken.
func TestCollectStoppedReportsRefused(t *testing.T) {
	s, db := newSpool(t), newDatabase(t)
	fill(t, s, 2, "a", "b")
	openNarrow(t, db)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	report, err := Collect(ctx, db, []string{s.Path()}, CollectOptions{Watch: true, Interval: 1, Progress: func(r CollectReport) {
		if r.Batches > 0 {
			stop()
		} else if len(r.Refused) == 2 {
			if _, err := db.Drop(t.Context(), "region"); err != nil {
				t.Error(err)
			}
		}
	}})
	if err != nil || report.Batches == 0 || report.Batches+int64(len(report.Refused)) != 2 {
		t.Errorf("report: %s, %v; want each of 2 files once", counts(report), err)
	}
}

// openNarrow creates the table of the tests without the columns of its batches.
func openNarrow(t testing.TB, b store.Backend) {
	t.Helper()
	type narrow struct {
		Session string `db:"session,batch"`
	}
	if _, err := table.Open[narrow](t.Context(), b, table.Options[narrow]{Name: "region"}); err != nil {
		t.Fatal(err)
	}
}
