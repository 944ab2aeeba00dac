package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// inOneGroup inserts batches that have queued one behind the other, so that one
// transaction takes them, and returns what became of each.
func inOneGroup(t testing.TB, db *DB, batches ...*store.Batch) (results []store.Result, errs []error) {
	t.Helper()
	results, errs = make([]store.Result, len(batches)), make([]error, len(batches))
	release := holdLead(t, db)
	var wg sync.WaitGroup
	for i, b := range batches {
		queued := db.file.queue.waitingFor(i + 1)
		wg.Add(1)
		go func() {
			defer wg.Done()
			results[i], errs[i] = store.Insert(context.Background(), db, b)
		}()
		<-queued
	}
	release()
	wg.Wait()
	return results, errs
}

// withBatch makes of the name of points the column of the batch's key.
func withBatch(cols []schema.Column) { cols[0].Batch = true }

// TestReplaceBehindAppend: a batch is replaced by one right behind it, in the
// same transaction, with rows by statements and by images on both sides. What
// waited in an image is found, and what comes behind is not lost.
func TestReplaceBehindAppend(t *testing.T) {
	testtime.Seconds(t)
	for _, first := range []int{0, 3, 40} {
		for _, second := range []int{0, 3, 40} {
			for _, third := range []int{0, 3, 40} {
				t.Run(fmt.Sprint(first, second, third), func(t *testing.T) {
					db := openTest(t, tempPath(t), Options{CacheKiB: 1000})
					s := ensured(t, db, withBatch)
					batch := func(from, n int, key string, replace bool) *store.Batch {
						return &store.Batch{Schema: s, Rows: makePoints(from, n), Key: key, Replace: replace}
					}
					results, errs := inOneGroup(t, db, batch(0, first, "k", false), batch(100, second, "k", true),
						batch(200, third, "other", false), batch(300, third, "k", true), batch(400, first, "last", false))
					if err := errors.Join(errs...); err != nil {
						t.Fatal(err)
					}
					if results[1].Removed != int64(first) || results[3].Removed != int64(second) {
						t.Errorf("removed %d and %d rows, want %d and %d", results[1].Removed, results[3].Removed, first, second)
					}
					var want points
					for _, group := range []struct {
						from, n int
						key     string
					}{{200, third, "other"}, {300, third, "k"}, {400, first, "last"}} {
						for _, p := range makePoints(group.from, group.n) {
							p.Name = group.key
							want = append(want, p)
						}
					}
					got := map[point]int{}
					for _, p := range readPoints(t, db, s) {
						got[p]++
					}
					for _, p := range want {
						got[p]--
					}
					for p, n := range got {
						if n != 0 {
							t.Errorf("row %+v is there %d times too often", p, n)
						}
					}
				})
			}
		}
	}
}

// TestManyImages: large batches of more tables than images can be attached for
// at once share a group.
func TestManyImages(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	var batches []*store.Batch
	for i := range 3 * maxSlots {
		s := pointSchema(t, fmt.Sprintf("t%d", i))
		if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
			t.Fatal(err)
		}
		batches = append(batches, &store.Batch{Schema: s, Rows: makePoints(i, 50)})
	}
	_, errs := inOneGroup(t, db, batches...)
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for i, b := range batches {
		wantPoints(t, db, b.Schema, makePoints(i, 50))
	}
}

// TestModesBehindAppend: Ignore finds the rows that wait in an image of the
// same table, where a rule was made by hand.
func TestModesBehindAppend(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	byHand(t, path, "CREATE UNIQUE INDEX by_hand ON points (n)")
	results, errs := inOneGroup(t, db,
		&store.Batch{Schema: s, Rows: makePoints(0, 50)},
		&store.Batch{Schema: s, Rows: makePoints(40, 60), Mode: schema.Ignore},
		&store.Batch{Schema: s, Rows: makePoints(99, 50)}, // its first row exists
	)
	if errs[0] != nil || errs[1] != nil || results[1] != (store.Result{Applied: true, Inserted: 50, Unchanged: 10}) {
		t.Errorf("results %+v, errors %v", results, errs)
	}
	var row *store.RowError
	if !errors.As(errs[2], &row) || row.Row != 0 || row.Column != "n" {
		t.Errorf("error %v, want a *RowError of row 0", errs[2])
	}
	wantPoints(t, db, s, makePoints(0, 100))
}
