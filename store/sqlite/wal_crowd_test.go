package sqlite

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestWALCrowded keeps overlapping readers running, so there is no moment
// without one, while a writer continues. The WAL restarts nevertheless.
func TestWALCrowded(t *testing.T) {
	const bound = 256 << 10
	db := openTest(t, tempPath(t), Options{WALBytes: bound})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 3000)}); err != nil {
		t.Fatal(err)
	}
	// A reader ends when the next one is in the middle of its own query.
	read := func() (over chan struct{}, done chan error) {
		began, over, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		go func() {
			done <- db.Query(context.Background(), store.Select{Schema: s, Where: "n >= 0"}, func(schema.Reader) (bool, error) {
				close(began)
				<-over
				return false, nil
			})
		}()
		<-began
		return over, done
	}
	turn := make(chan struct{})
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		var err error
		over, done := read()
		for {
			next, nextDone := read()
			close(over)
			err = errors.Join(err, <-done)
			over, done = next, nextDone
			select { // the writer commits several times, or waits for readers
			case <-stop:
				close(over)
				stopped <- errors.Join(err, <-done)
				return
			case <-turn:
			case <-time.After(40 * time.Millisecond):
			}
		}
	}()
	// The bound is doubled for each time that the readers were too slow for the
	// writer's patience, which is as long as it is whatever else runs here.
	anew, pages := 0, 0
	for i := 0; anew < 3 && db.Stats().WALBytes < 64*bound; i++ {
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(3000+100*i, 100)}); err != nil {
			t.Fatal(err)
		}
		if db.file.writer.walPages < pages {
			anew++
		}
		pages = db.file.writer.walPages
		if i%8 == 0 {
			turn <- struct{}{}
		}
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if anew < 3 {
		t.Errorf("the WAL has grown to %d bytes and began anew %d times; its bound is %d", db.Stats().WALBytes, anew, bound)
	}
}
