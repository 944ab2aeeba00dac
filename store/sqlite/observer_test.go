package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// witness keeps what it receives.
type witness struct {
	mu          sync.Mutex
	batches     []store.BatchEvent
	checkpoints []store.CheckpointEvent
}

func (w *witness) Batch(_ context.Context, e store.BatchEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batches = append(w.batches, e)
}

func (w *witness) Checkpoint(e store.CheckpointEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.checkpoints = append(w.checkpoints, e)
}

type observed struct {
	ID    int64 `db:"id,key"`
	Value float64
}

// nan is a value that no column takes.
func nan() float64 { var zero float64; return zero / zero }

// An observer hears of each batch once, before the call returns: stored, stored
// before, refused, and given up.
func TestObserverHearsEachBatchOnce(t *testing.T) {
	seen, log := &witness{}, &bytes.Buffer{}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), sqlite.Options{
		Observer: seen, Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := table.Open(t.Context(), db, table.Options[observed]{Name: "seen", Quarantine: false})
	if err != nil {
		t.Fatal(err)
	}
	first := []observed{{1, 1}, {2, 2}}
	for range 2 {
		if _, err := rows.AppendOnce(t.Context(), "k", first); err != nil {
			t.Fatal(err)
		}
	}
	_, broken := rows.Upsert(t.Context(), []observed{{3, nan()}})
	doubled := rows.Append(t.Context(), []observed{{4, 0}, {1, 0}})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	late := rows.Append(ended, []observed{{5, 5}})
	if _, err := db.Checkpoint(t.Context(), sqlite.Truncate); err != nil {
		t.Fatal(err)
	}

	want := []store.BatchEvent{
		{Table: "seen", Key: "k", Rows: 2, Attempts: 1, Group: 1, Result: store.Result{Applied: true, Inserted: 2}},
		{Table: "seen", Key: "k", Rows: 2, Attempts: 1, Group: 1},
		{Table: "seen", Rows: 1, Mode: schema.Upsert, Err: schema.ErrNaN},
		{Table: "seen", Rows: 2, Attempts: 1, Group: 1, Err: store.ErrConstraint},
		{Table: "seen", Rows: 1, Err: cmpopts.AnyError},
	}
	if !errors.Is(late, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", late)
	}
	for i, err := range []error{broken, doubled} {
		if !errors.Is(err, want[i+2].Err) {
			t.Errorf("error is %v, want %v", err, want[i+2].Err)
		}
	}
	if diff := cmp.Diff(want, seen.batches, cmpopts.IgnoreFields(store.BatchEvent{}, "Began", "Took", "Wait", "Hold"), cmpopts.EquateErrors()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	for i, e := range seen.batches {
		if e.Began.IsZero() || e.Took <= 0 || e.Group > 0 && (e.Wait <= 0 || e.Hold <= 0) {
			t.Errorf("event %d: began %v, took %v, wait %v, hold %v; want times", i, e.Began, e.Took, e.Wait, e.Hold)
		}
	}
	if n := len(seen.checkpoints); n != 1 || seen.checkpoints[0].Err != nil || seen.checkpoints[0].WALBytes != 0 {
		t.Errorf("checkpoints: %+v, want one that leaves an empty WAL", seen.checkpoints)
	}
	for _, line := range []string{`msg="galley: table created" table=seen`, `msg="galley: batch not stored" table=seen`, `msg="galley: attempt failed"`} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("the log lacks %s:\n%s", line, log)
		}
	}
	stats := db.Stats()
	if got, want := stats.Errors, (sqlite.Errors{Row: 2}); got != want {
		t.Errorf("errors by kind: %+v, want %+v", got, want)
	}
}

// Rows in quarantine and rows that wait in a Writer show in Stats, which can be
// read after Close.
func TestStatsOfRows(t *testing.T) {
	log := &bytes.Buffer{}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), sqlite.Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := table.Open(t.Context(), db, table.Options[observed]{Quarantine: true})
	if err != nil {
		t.Fatal(err)
	}
	res, err := rows.Insert(t.Context(), table.Batch[observed]{Rows: []observed{{1, nan()}, {2, 2}}})
	if err != nil || res.Rejected != 1 {
		t.Fatal(res, err)
	}
	w, err := rows.Writer(table.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(t.Context(), observed{3, 3}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]store.UnstoredRows{{Table: "observed", Rows: 1}}, db.Stats().Buffered); diff != "" {
		t.Errorf("rows in Writers (-want +got):\n%s", diff)
	}
	if err := errors.Join(w.Close(t.Context()), db.Close()); err != nil {
		t.Fatal(err)
	}
	s := db.Stats()
	if got := fmt.Sprint(s.Rejected, s.Rows, s.Batches, s.Retries, len(s.Buffered)); got != "1 2 2 0 0" {
		t.Errorf("after Close: rejected, rows, batches, retries, in Writers are %s, want 1 2 2 0 0", got)
	}
	if !strings.Contains(log.String(), `level=WARN msg="galley: rows in quarantine" table=observed key="" rows=2 attempts=1 rejected=1`) {
		t.Errorf("the log does not say that a row went into quarantine:\n%s", log)
	}
}
