package lake_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/table"
)

// TestWatchPublishesNewRows: rows that come while it runs are published, several batches in one commit,
// until its context ends; an error that lasts ends it.
func TestWatchPublishesNewRows(t *testing.T) {
	cat, _ := openCatalog(t)
	db, tab := newFile(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	published, commits := int64(0), 0
	err := lake.Watch(ctx, db, cat, lake.PublishOptions{}, time.Millisecond, func(r *lake.Report, err error) {
		must(t, err)
		published += r.Tables[0].Batches
		if r.Tables[0].Attempts > 0 {
			commits++
		}
		switch {
		case published < 9:
			appendBatches(t, tab, int(published), int(published)+3, 2)
		default:
			cancel()
		}
	})
	if err != nil || commits != 3 {
		t.Errorf("Watch returned %v after %d commits, want nil after 3", err, commits)
	}
	if diff := cmp.Diff(wantBatches(0, 9, 2), counts(t, cat, "scan", "session")); diff != "" {
		t.Errorf("rows by batch (-want +got):\n%s", diff)
	}
	_, err = tab.Forget(t.Context(), "s001")
	must(t, err)
	var changed *lake.ChangedError
	if err := lake.Watch(t.Context(), db, cat, lake.PublishOptions{}, time.Millisecond, func(*lake.Report, error) {}); !errors.As(err, &changed) {
		t.Errorf("Watch returned %v, want a ChangedError", err)
	}
}

// TestWatchReportsWhatItsEndInterrupts: the tables that were published before the
// context ended, in the middle of a publish, are reported.
func TestWatchReportsWhatItsEndInterrupts(t *testing.T) {
	cat, _ := openCatalog(t)
	db, tab := newFile(t)
	appendBatches(t, tab, 0, 3, 2)
	second, err := table.Open(t.Context(), db, table.Options[scan]{Name: "second"})
	must(t, err)
	must(t, second.Append(t.Context(), scans(0, 2)))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reads := 0
	opts := lake.PublishOptions{Tables: []string{"scan", "second"}}.BeforeReading(func() {
		if reads++; reads == 2 {
			cancel()
		}
	})
	var rows []int64
	must(t, lake.Watch(ctx, db, cat, opts, time.Hour, func(r *lake.Report, err error) {
		must(t, err)
		for _, done := range r.Tables {
			rows = append(rows, done.Rows)
		}
	}))
	if diff := cmp.Diff([]int64{6}, rows); diff != "" {
		t.Errorf("rows that were reported (-want +got):\n%s", diff)
	}
	report, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{})
	must(t, err)
	for _, done := range report.Tables {
		if want := map[string]int64{"galley.scan": 0, "galley.second": 2}[done.Table]; done.Rows != want {
			t.Errorf("%s: %d rows are published afterward, want %d", done.Table, done.Rows, want)
		}
	}
}
