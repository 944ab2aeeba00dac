package postgres_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// witness keeps the batches that it receives.
type witness struct {
	mu      sync.Mutex
	batches []store.BatchEvent
}

func (w *witness) Batch(_ context.Context, e store.BatchEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batches = append(w.batches, e)
}

func (*witness) Checkpoint(store.CheckpointEvent) {}

type observed struct {
	ID    int64  `db:"id,key"`
	Value string `db:"value"`
}

// An observer of a server receives each batch once: stored, stored before, upserted,
// refused and lost. The log has lines for the table, the refused row, without its
// value, and the lost connection.
func TestObserverOfAServer(t *testing.T) {
	server := pgcluster.URL(t)
	through, url := newProxy(t, server)
	seen, log := &witness{}, &bytes.Buffer{}
	db := open(t, url, postgres.Options{Schema: namespace(t, server), Observer: seen, Logger: slog.New(slog.NewTextHandler(log, nil))})
	tab, err := table.Open(t.Context(), db, table.Options[observed]{Name: "seen", Retrier: backoff.None()})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := tab.AppendOnce(t.Context(), "k", []observed{{1, "a"}, {2, "b"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tab.Upsert(t.Context(), []observed{{1, "c"}, {3, "d"}}); err != nil {
		t.Fatal(err)
	}
	if err := tab.Append(t.Context(), []observed{{4, "secret\x00"}}); err == nil {
		t.Fatal("a text with NUL was stored")
	}
	through.arm(cut{direction: toServer}, 1)
	if err := tab.Append(t.Context(), []observed{{5, "e"}}); err == nil {
		t.Fatal("a batch was stored without a connection")
	}
	through.disarm()
	want := []store.BatchEvent{
		{Table: "seen", Key: "k", Rows: 2, Attempts: 1, Result: store.Result{Applied: true, Inserted: 2}},
		{Table: "seen", Key: "k", Rows: 2, Attempts: 1},
		{Table: "seen", Rows: 2, Mode: schema.Upsert, Attempts: 1, Result: store.Result{Applied: true, Inserted: 1, Changed: 1}},
		{Table: "seen", Rows: 1, Err: schema.ErrText},
		{Table: "seen", Rows: 1, Attempts: 1, Err: cmpopts.AnyError},
	}
	if diff := cmp.Diff(want, seen.batches, cmpopts.IgnoreFields(store.BatchEvent{}, "Began", "Took"), cmpopts.EquateErrors()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text := log.String()
	for _, line := range []string{
		`level=INFO msg="galley: table created" table=seen columns=2`, `level=WARN msg="galley: batch not stored" table=seen`,
		`level=WARN msg="galley: connection lost" server=`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the log lacks %s:\n%s", line, text)
		}
	}
	if strings.Contains(text, "secret") {
		t.Errorf("the log has a value of a row:\n%s", text)
	}
}
