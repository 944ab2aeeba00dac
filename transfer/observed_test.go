package transfer

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// heard counts the events of each key.
type heard struct {
	mu     sync.Mutex
	stored map[string]int // rows
	events int
}

func (h *heard) Batch(_ context.Context, e store.BatchEvent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events++
	if e.Err == nil && e.Result.Applied {
		h.stored[e.Table+" "+e.Key] += int(e.Result.Inserted)
	}
}

func (*heard) Checkpoint(store.CheckpointEvent) {}

// The Observer of a database receives each batch that is collected into it, once.
func TestObserverOfCollectedBatches(t *testing.T) {
	s, seen := newSpool(t), &heard{stored: map[string]int{}}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "collected.db"), sqlite.Options{Observer: seen})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	keys := keyNames(5)
	fill(t, s, 4, keys...)
	want := map[string]int{}
	for _, key := range keys {
		want["region "+key] = 4
	}
	for range 2 { // the second finds nothing
		collect(t, db, s, CollectOptions{})
		if diff := cmp.Diff(want, seen.stored); diff != "" || seen.events != len(keys) {
			t.Errorf("%d events (-want +got):\n%s", seen.events, diff)
		}
	}
}
