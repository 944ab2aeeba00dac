package sqlite

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestPutBackLeaves: a request whose context ended while a leader had taken it
// ends when it is put back, and does not wait for its turn.
func TestPutBackLeaves(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var q queue
	gone := &request{ctx: ended, ticket: 1, state: taken, signal: make(chan struct{}, 1), batch: batchOf(1)}
	stays := &request{ctx: t.Context(), ticket: 2, state: taken, signal: make(chan struct{}, 1), batch: batchOf(1)}
	q.putBack([]*request{gone, stays})
	if len(gone.signal) != 1 || gone.state != done || !errors.Is(gone.err, context.Canceled) {
		t.Errorf("the one that ended: %d signals, state %d, error %v; want that it is done", len(gone.signal), gone.state, gone.err)
	}
	if q.len() != 1 || q.head != stays || len(stays.signal) != 0 {
		t.Errorf("%d requests wait, want the other one", q.len())
	}
}

// late is a context that ends without a signal: while its batch is in a group.
type late struct {
	context.Context
	ended atomic.Bool
}

func (c *late) Err() error {
	if c.ended.Load() {
		return context.Canceled
	}
	return nil
}

// TestCanceledMember: a batch whose context ends while it is in a group costs the
// others no commits of their own.
func TestCanceledMember(t *testing.T) {
	v, opts := newFaults(t)
	opts.Durability = Full
	db := openTest(t, tempPath(t), opts)
	s := ensured(t, db)
	ctx := &late{Context: t.Context()}
	const n = 10
	results := make(chan error, n)
	canceled := make(chan error, 1)
	release := holdLead(t, db)
	for i := range n {
		queued := db.file.queue.waitingFor(i + 1)
		b := &store.Batch{Schema: s, Rows: makePoints(10*i, 10)}
		go func() {
			if i == n/2 {
				_, err := store.Insert(ctx, db, b)
				canceled <- err
				return
			}
			_, err := store.Insert(t.Context(), db, b)
			results <- err
		}()
		<-queued
	}
	ctx.ended.Store(true)
	v.Arm(faultvfs.Fault{On: faultvfs.Sync, Suffix: "-wal", Nth: 1 << 30}) // counts
	release()
	for range n - 1 {
		must(t, <-results)
	}
	if err := <-canceled; !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
	if got := v.Matched(); got > 2 { // with the header of a WAL that begins
		t.Errorf("%d syncs for the group, want that its members share one commit", got)
	}
	wantPoints(t, db, s, append(makePoints(0, 10*n/2), makePoints(10*(n/2+1), 10*(n/2-1))...))
}

// TestWaitCountsOnce: the wait of a batch that is put back again and again is
// counted once.
func TestWaitCountsOnce(t *testing.T) {
	db := openTest(t, tempPath(t), Options{GroupTime: 1})
	s := ensured(t, db)
	const n = 30
	results := make(chan error, n)
	release := holdLead(t, db)
	for i := range n {
		queued := db.file.queue.waitingFor(i + 1)
		go func() {
			_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(10*i, 10)})
			results <- err
		}()
		<-queued
	}
	release()
	for range n {
		must(t, <-results)
	}
	st := db.Stats()
	if st.Batches != n || st.Groups != n || st.Wait == 0 || st.Wait > n*st.MaxWait {
		t.Errorf("%d batches in %d groups waited %v, the longest %v; want that each counts once", st.Batches, st.Groups, st.Wait, st.MaxWait)
	}
}

// TestReplacedRemovedOnce: the attempt that replaced a batch was stored, and its
// outcome unknown. The next says how many rows were removed, and by the first.
func TestReplacedRemovedOnce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("on Windows galley does not keep the -wal open; run on Linux or macOS")
	}
	v, opts := newFaults(t)
	db := openTest(t, tempPath(t), opts)
	s := pointSchema(t, "points", func(cs []schema.Column) { cs[0].Batch = true })
	must(t, db.Ensure(t.Context(), s, store.Strict))
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 7), Key: "k"})
	must(t, err)
	in, err := db.Begin(&store.Batch{Schema: s, Rows: makePoints(100, 3), Key: "k", Replace: true})
	must(t, err)
	defer in.Close()
	own := db.file.guard.wal.wal
	folder, err := os.Open(t.TempDir()) // which cannot be read as a file
	must(t, err)
	defer folder.Close()
	v.Watch(faultvfs.Write, func(faultvfs.Op, string) { db.file.guard.wal.wal = folder })
	_, err = in.Try(t.Context())
	v.Watch(faultvfs.Write, nil)
	db.file.guard.wal.wal = own
	if !errors.Is(err, store.ErrCommitUnknown) {
		t.Fatalf("error is %v, want ErrCommitUnknown", err)
	}
	want := store.Result{Applied: true, Inserted: 3, Removed: 7}
	if res, err := in.Try(t.Context()); err != nil || res != want {
		t.Errorf("again: %+v, %v, want %+v", res, err, want)
	}
	again := store.Result{Applied: true, Inserted: 3, Removed: 3}
	if res, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(100, 3), Key: "k", Replace: true}); err != nil || res != again {
		t.Errorf("another batch of the key: %+v, %v, want %+v", res, err, again)
	}
	if st := db.Stats(); st.Batches != 3 || st.Rows != 7+3+3 || st.Errors.Unknown != 1 {
		t.Errorf("%d batches with %d rows, outcomes unknown %d; want 3 with 13, and 1", st.Batches, st.Rows, st.Errors.Unknown)
	}
}
