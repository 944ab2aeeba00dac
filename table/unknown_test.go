package table_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// TestCommitUnknown: the commit of a batch fails, which was stored, or was not.
// Append says so and does not try again; AppendOnce does, and stores it once.
func TestCommitUnknown(t *testing.T) {
	for _, stored := range []bool{false, true} {
		for _, key := range []string{"", "k"} {
			t.Run(fmt.Sprintf("stored=%v/key=%q", stored, key), func(t *testing.T) {
				db := openDB(t, tempPath(t))
				calls := 0
				tab := openTable(t, &between{Backend: db, insert: func(ctx context.Context, b *store.Batch) (store.Result, error) {
					if calls++; calls > 1 {
						return store.Insert(ctx, db, b)
					}
					if stored {
						if _, err := store.Insert(ctx, db, b); err != nil {
							t.Error(err)
						}
					}
					return store.Result{}, fmt.Errorf("%w: as if", store.ErrCommitUnknown)
				}}, table.Options[scan]{})
				var err error
				wantCalls, want := 1, 0
				if key == "" {
					err = tab.Append(t.Context(), makeScans(0, 5))
				} else {
					_, err = tab.AppendOnce(t.Context(), key, makeScans(0, 5))
					wantCalls = 2
				}
				if unknown := errors.Is(err, table.ErrCommitUnknown); unknown != (key == "") || err != nil && !unknown {
					t.Errorf("error is %v", err)
				}
				if calls != wantCalls {
					t.Errorf("it was tried %d times, want %d", calls, wantCalls)
				}
				if stored || key != "" {
					want = 5
				}
				if got := len(collect(t, tab.All(t.Context()))); got != want {
					t.Errorf("%d rows, want %d", got, want)
				}
			})
		}
	}
}
