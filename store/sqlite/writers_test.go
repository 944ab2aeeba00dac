package sqlite

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestManyWriters: 1, 10 and 50 goroutines store small and large batches, some
// of them under a key that two of them share; some contexts end meanwhile. Each
// acknowledged batch is stored once, and no other batch is.
func TestManyWriters(t *testing.T) {
	for _, writers := range []int{1, 10, 50} {
		path := tempPath(t)
		db := openTest(t, path, Options{GroupRows: 300})
		s := ensured(t, db)
		var l ledger
		var mu sync.Mutex
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range 20 {
					id := 100*w + i
					rows := 1 + (7*id)%90
					ctx, cancel := context.WithCancel(context.Background())
					if id%5 == 0 {
						go cancel()
					}
					b := &store.Batch{Schema: s, Rows: batchPoints(id, rows)}
					if id%2 == 0 {
						b.Key = key(3 * id)
					}
					_, err := store.Insert(ctx, db, b)
					cancel()
					if err != nil && !errors.Is(err, context.Canceled) {
						t.Errorf("batch %d: %v", id, err)
					}
					mu.Lock()
					l.note("points", id, rows, err)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for _, wrong := range l.compare(path) {
			t.Errorf("%d writers: %s", writers, wrong)
		}
	}
}

// TestHostileNames: names and values that mean something to SQL are stored as
// they are, and nothing of them is run.
func TestHostileNames(t *testing.T) {
	testtime.Seconds(t)
	db := openTest(t, tempPath(t), Options{})
	victim := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: victim, Rows: makePoints(0, 5)}); err != nil {
		t.Fatal(err)
	}
	hostile := []string{
		`"; DROP TABLE points; --`, `'); DELETE FROM points; --`, `a"b`, `a'b`, "a`b", `[x]`, `select`, `a;b`, `a--b`, `a/*b*/`,
		`points" SELECT 1,2,3 --`, "new\nline", `%s%d`, `ünïcødé`, `\`, `$1`, `?`, `:x`, `@x`, `x y`, `(`,
	}
	for i, name := range hostile {
		s, err := schema.New(name, []schema.Column{
			{Name: name, Type: schema.Text}, {Name: "n" + name, Type: schema.Int64}, {Name: "x" + name, Type: schema.Float64},
		})
		if err != nil {
			continue // refused by name, which is as good
		}
		if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		rows := points{{name, int64(i), math.Inf(1)}, {strings.Repeat(name, 3), -1, 0}}
		for _, b := range []*store.Batch{{Schema: s, Rows: rows}, {Schema: s, Rows: rows, Key: name}} {
			if _, err := store.Insert(t.Context(), db, b); err != nil {
				t.Errorf("%q: %v", name, err)
			}
		}
		wantPoints(t, db, s, append(append(points{}, rows...), rows...))
	}
	wantPoints(t, db, victim, makePoints(0, 5))
}

// TestGroupTime: a group whose time is up leaves the rest to the next one.
func TestGroupTime(t *testing.T) {
	db := openTest(t, tempPath(t), Options{GroupTime: 1})
	s := ensured(t, db)
	const batches = 5
	release := holdLead(t, db)
	var wg sync.WaitGroup
	for i := range batches {
		queued := db.file.queue.waitingFor(i + 1)
		wg.Go(func() {
			if _, err := store.Insert(context.Background(), db, &store.Batch{Schema: s, Rows: makePoints(10*i, 10)}); err != nil {
				t.Error(err)
			}
		})
		<-queued
	}
	release()
	wg.Wait()
	if got := db.Stats().Groups; got != batches {
		t.Errorf("%d groups, want one a batch", got)
	}
	wantPoints(t, db, s, makePoints(0, 10*batches))
}

// TestAttemptWaits: one attempt waits as long as Options.BusyWait for another
// process that holds the lock.
func TestAttemptWaits(t *testing.T) {
	v, opts := newFaults(t)
	opts.BusyWait = time.Minute
	path := tempPath(t)
	db := openTest(t, path, opts)
	s := ensured(t, db)
	other := openForeign(t, path)
	if err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	v.Arm(faultvfs.Fault{On: faultvfs.ShmLock, Nth: 1 << 30}) // counts, and fails nothing
	before := db.Stats().Attempts
	done := make(chan error, 1)
	go func() {
		_, err := store.Insert(context.Background(), db, &store.Batch{Schema: s, Rows: makePoints(0, 3)})
		done <- err
	}()
	for v.Matched() < 20 {
		select {
		case err := <-done:
			t.Fatalf("Insert returned %v while the lock was held", err)
		default:
			runtime.Gosched()
		}
	}
	if err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := db.Stats().Attempts - before; n != 1 {
		t.Errorf("%d attempts, want 1", n)
	}
	wantPoints(t, db, s, makePoints(0, 3))
}
