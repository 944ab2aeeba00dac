package lake_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/lake"
)

// fast retries without waiting long.
func fast(attempts int) backoff.Retrier {
	return backoff.Exponential{Initial: time.Millisecond, Max: 2 * time.Millisecond, MaxAttempts: attempts}
}

// overtake publishes a file while another publish of it is about to commit.
func overtake(t *testing.T, change func(lake.PublishOptions) lake.PublishOptions) map[string]int {
	t.Helper()
	cat, _ := openCatalog(t)
	db, tab := newFile(t)
	appendBatches(t, tab, 0, 1, 3)
	publish(t, db, cat, lake.PublishOptions{})
	appendBatches(t, tab, 1, 2, 3)
	overtaken := false
	opts := change(lake.PublishOptions{}.BeforeCommit(func() {
		if !overtaken {
			overtaken = true
			publish(t, db, cat, change(lake.PublishOptions{}))
		}
	}))
	publish(t, db, cat, opts)
	if !overtaken {
		t.Error("no commit was tried")
	}
	return counts(t, cat, "scan", "session")
}

// TestOvertakenPublishAddsNothing: two processes publish the same rows; the second to
// commit notices. The negative control leaves the guard out, and its rows double.
func TestOvertakenPublishAddsNothing(t *testing.T) {
	guarded := overtake(t, func(o lake.PublishOptions) lake.PublishOptions { return o })
	if diff := cmp.Diff(wantBatches(0, 2, 3), guarded); diff != "" {
		t.Errorf("rows by batch (-want +got):\n%s", diff)
	}
	unguarded := overtake(t, lake.PublishOptions.Unguarded)
	if diff := cmp.Diff(map[string]int{"s000": 3, "s001": 6}, unguarded); diff != "" {
		t.Errorf("without the guard, rows by batch (-want +got):\n%s", diff)
	}
}

// TestOtherFilesComeBetween: commits of other files make a publish try again, with the
// data files that it has.
func TestOtherFilesComeBetween(t *testing.T) {
	cat, _ := openCatalog(t)
	other, otherTab := newFile(t)
	db, tab := newFile(t)
	appendBatches(t, tab, 0, 1, 3)
	between := 0
	done := publish(t, db, cat, lake.PublishOptions{Retrier: fast(9)}.BeforeCommit(func() {
		if between++; between <= 3 {
			must(t, otherTab.Append(t.Context(), scans(0, 1)))
			publish(t, other, cat, lake.PublishOptions{})
		}
	}))
	if done.Attempts != 4 || done.Files != 1 {
		t.Errorf("published %+v, want 4 attempts with 1 file", done)
	}
	want := wantBatches(0, 1, 3)
	want[""] = 3
	if diff := cmp.Diff(want, counts(t, cat, "scan", "session")); diff != "" {
		t.Errorf("rows by batch (-want +got):\n%s", diff)
	}
}

// TestOutcomeUnknown: a publish that gives up says so, and the next one completes it.
func TestOutcomeUnknown(t *testing.T) {
	cat, _ := openCatalog(t)
	db, tab := newFile(t)
	appendBatches(t, tab, 0, 1, 3)
	other, otherTab := newFile(t)
	_, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{Retrier: fast(2)}.BeforeCommit(func() {
		must(t, otherTab.Append(t.Context(), scans(0, 1)))
		publish(t, other, cat, lake.PublishOptions{})
	}))
	if !errors.Is(err, lake.ErrOutcomeUnknown) {
		t.Fatalf("%v, want ErrOutcomeUnknown", err)
	}
	publish(t, db, cat, lake.PublishOptions{})
	if got := counts(t, cat, "scan", "session")["s000"]; got != 3 {
		t.Errorf("%d rows of the batch, want 3", got)
	}
}
