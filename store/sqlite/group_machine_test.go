package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestGroupMachine is a state machine of group commit: rounds of 1, 10 or 50
// writers, whose batches are good or bad, new or repeated, canceled or not,
// wait together and are then written. In some rounds the disk or the engine
// fails. After each round every writer has the true outcome of its batch, the
// file has the content of the ledger, and the lock is free.
func TestGroupMachine(t *testing.T) {
	testtime.Seconds(t)
	v, opts := newFaults(t)
	opts.GroupRows = 400 // so that a round takes several groups
	dir, n := memoryDir(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		path, remove := folder(t, dir, n)
		defer remove()
		g := &groups{path: path, opts: opts, vfs: v, stored: map[string]bool{}, open: map[string]bool{}}
		g.tables = append(g.tables, pointSchema(t, "points"), pointSchema(t, "keyed", uniqueN))
		g.reopen(rt)
		defer func() { g.db.Close() }()
		for range rapid.IntRange(1, 5).Draw(rt, "rounds") {
			switch rapid.IntRange(0, 6).Draw(rt, "what") {
			case 0:
				if _, err := g.db.Checkpoint(context.Background(), Truncate); err != nil {
					rt.Fatal(err)
				}
			case 1:
				if err := g.db.Close(); err != nil {
					rt.Fatal(err)
				}
				g.reopen(rt)
			case 2, 3:
				g.round(rt, true)
			default:
				g.round(rt, false)
			}
		}
	})
}

// groups is a database, and what must be in it.
type groups struct {
	path   string
	opts   Options
	vfs    *faultvfs.VFS
	db     *DB
	tables []*schema.Schema
	ledger ledger
	next   int             // the next batch's id
	stored map[string]bool // keys under which a batch is stored
	open   map[string]bool // keys with an unknown outcome
}

// reopen opens the database, with groups that are cut short or not.
func (g *groups) reopen(t *rapid.T) {
	g.opts.Durability = rapid.SampledFrom([]Durability{Normal, Full}).Draw(t, "durability")
	g.opts.GroupTime = rapid.SampledFrom([]time.Duration{time.Nanosecond, time.Second}).Draw(t, "group time")
	db, err := Open(context.Background(), g.path, g.opts)
	if err != nil {
		t.Fatal(err)
	}
	g.db = db
	for _, s := range g.tables {
		if err := db.Ensure(context.Background(), s, store.Strict); err != nil {
			t.Fatal(err)
		}
	}
}

// attempt is a writer's batch, and what became of it.
type attempt struct {
	id, rows  int
	table     *schema.Schema
	key       string
	bad       bool
	cancelled bool
	res       store.Result
	err       error
}

func (g *groups) draw(t *rapid.T) *attempt {
	a := &attempt{id: g.next, rows: rapid.SampledFrom([]int{1, 2, 7, 40, 300}).Draw(t, "rows"), table: rapid.SampledFrom(g.tables).Draw(t, "table")}
	g.next++
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		a.cancelled = true
	case 1:
		a.table, a.bad, a.rows = g.tables[1], true, max(a.rows, 2) // two of its rows have one n
	case 2, 3, 4:
		a.key = rapid.SampledFrom([]string{"k1", "k2", "k3", "k4"}).Draw(t, "key")
	}
	return a
}

// round has writers wait together, and lets them be written.
func (g *groups) round(t *rapid.T, faulty bool) {
	all := make([]*attempt, rapid.SampledFrom([]int{1, 10, 10, 50}).Draw(t, "writers"))
	for i := range all {
		all[i] = g.draw(t)
	}
	fault := faultvfs.Fault{Nth: rapid.IntRange(1, 40).Draw(t, "nth")}
	if faulty {
		fault.On = rapid.SampledFrom([]faultvfs.Op{faultvfs.Write, faultvfs.Sync, faultvfs.Read, faultvfs.Any}).Draw(t, "on")
		fault.Panic = rapid.Bool().Draw(t, "panic")
		fault.Err = rapid.SampledFrom([]error{faultvfs.Broken, faultvfs.Full}).Draw(t, "error")
		// The write happened anyway; a full disk never reports that.
		fault.After = rapid.Bool().Draw(t, "after") && fault.Err == faultvfs.Broken
		if fault.On == faultvfs.Sync {
			fault.Nth = 1 + fault.Nth%5 // one a commit
		}
	}
	hold, held := make(chan struct{}), make(chan error, 1)
	led := make(chan struct{})
	go func() {
		held <- g.db.file.exclusively(context.Background(), func(*writer) error { close(led); <-hold; return nil })
	}()
	<-led
	var wg sync.WaitGroup
	var cancels []context.CancelFunc
	for i, a := range all {
		queued := g.db.file.queue.waitingFor(i + 1)
		rows := batchPoints(a.id, a.rows)
		if a.bad {
			rows[a.rows-1].N = rows[0].N
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		wg.Go(func() { a.res, a.err = store.Insert(ctx, g.db, &store.Batch{Schema: a.table, Rows: rows, Key: a.key}) })
		<-queued
		if a.cancelled {
			cancels = append(cancels, cancel) // a place in the queue counts till then
		}
	}
	for _, cancel := range cancels {
		cancel()
	}
	for left := len(all) - len(cancels); g.db.file.queue.waiters() > left; {
		runtime.Gosched()
	}
	if faulty {
		g.vfs.Arm(fault)
	}
	close(hold)
	wg.Wait()
	fired := g.vfs.Disarm()
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if err := g.judge(a, fired > 0); err != nil {
			t.Errorf("batch %d of %d rows for %s, key %q, bad %v, cancelled %v: %v", a.id, a.rows, a.table.Name(), a.key, a.bad, a.cancelled, err)
		}
	}
	if fired > 0 {
		g.db.file.background.wait() // it may be the last to close the WAL, while that is copied
		for _, wrong := range g.ledger.crashed(t, g.path) {
			t.Errorf("had the process been killed then: %s", wrong)
		}
		// An engine that has failed is replaced at the next append.
		a := &attempt{id: g.next, rows: 1, table: g.tables[0]}
		g.next++
		a.res, a.err = store.Insert(context.Background(), g.db, &store.Batch{Schema: a.table, Rows: batchPoints(a.id, 1)})
		if err := g.judge(a, false); err != nil {
			t.Errorf("the append after a fault: %v", err)
		}
	}
	if err := lockIsFree(g.path); err != nil {
		t.Errorf("the lock: %v", err)
	}
	for _, wrong := range g.ledger.compare(g.path) {
		t.Errorf("%s", wrong)
	}
	if t.Failed() {
		t.FailNow()
	}
}

// waiters is how many requests wait.
func (q *queue) waiters() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.length
}

// judge compares the outcome that a writer got with the expected one, and
// records it. The batches of a round are judged in the order in which they
// waited.
func (g *groups) judge(a *attempt, faulty bool) error {
	key := a.table.Name() + " " + a.key
	if a.err == nil && !a.res.Applied {
		g.ledger.note(a.table.Name(), a.id, a.rows, errors.New("not applied"))
	} else {
		g.ledger.note(a.table.Name(), a.id, a.rows, a.err)
	}
	unknown := errors.Is(a.err, store.ErrCommitUnknown)
	if a.key != "" {
		known, open := g.stored[key], g.open[key]
		switch {
		case a.err == nil && a.res.Applied && known:
			return errors.New("it was stored, as was another under its key before")
		case a.err == nil && !a.res.Applied && !known && !open:
			return errors.New("it was called stored before, and was not")
		case a.err == nil:
			g.stored[key], g.open[key] = true, false
		case unknown && !known:
			g.open[key] = true
		}
	}
	switch {
	case a.cancelled && (!errors.Is(a.err, context.Canceled)):
		return fmt.Errorf("it was told %v, and its context ended while it waited", a.err)
	case a.cancelled || faulty && a.err != nil:
		return nil
	case a.bad && !errors.Is(a.err, store.ErrConstraint):
		return fmt.Errorf("it was told %v, want ErrConstraint", a.err)
	case !a.bad && a.err != nil:
		return fmt.Errorf("it was told %v", a.err)
	}
	return nil
}
