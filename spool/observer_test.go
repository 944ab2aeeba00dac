package spool_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store"
)

// witness keeps the batches that it receives.
type witness []store.BatchEvent

func (w *witness) Batch(_ context.Context, e store.BatchEvent) { *w = append(*w, e) }
func (*witness) Checkpoint(store.CheckpointEvent)              {}

// An observer of a spool receives each batch once: stored, stored before, and refused,
// and the log has a line for the last, without the row's value.
func TestObserverOfASpool(t *testing.T) {
	var seen witness
	log := &bytes.Buffer{}
	s, err := spool.Open(t.Context(), filepath.Join(t.TempDir(), "study.spool"), spool.Options{Observer: &seen, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tab := regions(t, s)
	for range 2 {
		if _, err := tab.AppendOnce(t.Context(), "k", rows(3)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tab.Append(t.Context(), []Region{{Name: "secret\x00", Volume: math.Pi}}); !errors.As(err, new(*store.RowError)) {
		t.Fatalf("error is %v, want a RowError", err)
	}
	want := witness{
		{Table: "region", Key: "k", Rows: 3, Attempts: 1, Result: store.Result{Applied: true, Inserted: 3}},
		{Table: "region", Key: "k", Rows: 3, Attempts: 1},
		{Table: "region", Rows: 1, Err: schema.ErrText},
	}
	if diff := cmp.Diff(want, seen, cmpopts.IgnoreFields(store.BatchEvent{}, "Began", "Took"), cmpopts.EquateErrors()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, `level=WARN msg="galley: batch not stored" table=region`) || strings.Contains(text, "secret") {
		t.Errorf("the log:\n%s", text)
	}
}
