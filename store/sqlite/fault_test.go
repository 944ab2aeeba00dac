package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// course is what a round of the fault loops does: everything that writes.
type course struct {
	path       string
	opts       Options
	points     *schema.Schema
	keyed      *schema.Schema
	ledger     ledger
	stuck      bool // a lock that could not be given back may be held until the next append
	persistent bool
	ended      bool    // it came to its end, whatever failed on the way
	errs       []error // of every step
}

// run opens a database, writes, and closes it. What fails does not stop the
// course, as it does not stop other workers, unless nothing is open.
func (c *course) run(ctx context.Context, disarm func()) error {
	db, err := Open(ctx, c.path, c.opts)
	if err != nil {
		c.errs = append(c.errs, err)
		return nil
	}
	defer db.Close()
	for _, s := range []*schema.Schema{c.points, c.keyed} {
		if err := db.Ensure(ctx, s, store.Strict); err != nil {
			c.errs = append(c.errs, err)
			return db.Close()
		}
	}
	c.append(ctx, db, 1, 3, "")
	c.append(ctx, db, 2, 200, "")
	c.append(ctx, db, 3, 5, "small")
	c.append(ctx, db, 4, 60, "large")
	c.group(ctx, db, 10, 5)
	c.step(second(db.Checkpoint(ctx, Truncate)))
	c.append(ctx, db, 20, 300, "")
	if err := c.backup(ctx, db); err != nil {
		return err
	}
	c.step(second(db.Checkpoint(ctx, Passive)))
	c.append(ctx, db, 21, 4, "")
	c.read(ctx, db)

	// The fault is over: whatever happened, the database must work again.
	disarm()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if !c.stuck {
		if err := lockIsFree(c.path); err != nil {
			return fmt.Errorf("another process asks for the lock: %w", err)
		}
	}
	if c.append(ctx, db, 22, 100, ""); c.last() != nil {
		if c.stuck && c.persistent {
			return db.Close()
		}
		return fmt.Errorf("append after the fault: %w", c.last())
	}
	if err := lockIsFree(c.path); err != nil {
		return fmt.Errorf("another process asks for the lock after an append: %w", err)
	}
	c.ended = true
	return db.Close()
}

func (c *course) step(err error) { c.errs = append(c.errs, err) }
func (c *course) last() error    { return c.errs[len(c.errs)-1] }

// append inserts a batch into both tables. One whose outcome is unknown is
// settled by its key, if it has one.
func (c *course) append(ctx context.Context, db *DB, id, rows int, key string) {
	for _, s := range []*schema.Schema{c.points, c.keyed} {
		b := &store.Batch{Schema: s, Rows: batchPoints(id, rows), Key: key}
		_, err := store.Insert(ctx, db, b)
		for range 3 {
			if key == "" || !errors.Is(err, store.ErrCommitUnknown) {
				break
			}
			_, err = store.Insert(ctx, db, b)
		}
		c.ledger.note(s.Name(), id, rows, err)
		c.step(err)
	}
}

// group inserts several batches in one transaction, of which one is refused.
func (c *course) group(ctx context.Context, db *DB, first, n int) {
	hold, held := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	failed := make(chan struct{})
	wg.Go(func() {
		err := db.file.exclusively(ctx, func(*writer) error { close(held); <-hold; return nil })
		if err != nil {
			c.step(err)
			close(failed)
		}
	})
	select {
	case <-held:
	case <-failed: // the connection could not be reopened
		wg.Wait()
		return
	}
	errs := make([]error, n)
	for i := range n {
		queued := db.file.queue.waitingFor(i + 1)
		rows := batchPoints(first+i, 10)
		if i == n-2 {
			rows[9].N = rows[0].N
		}
		wg.Go(func() { _, errs[i] = store.Insert(ctx, db, &store.Batch{Schema: c.keyed, Rows: rows}) })
		<-queued
	}
	close(hold)
	wg.Wait()
	for i, err := range errs {
		if i == n-2 && err == nil {
			err = errors.New("a batch that breaks a constraint was acknowledged")
			c.ledger.note(c.keyed.Name(), first+i, 10, nil)
		} else {
			c.ledger.note(c.keyed.Name(), first+i, 10, err)
		}
		c.step(err)
	}
}

// backup copies the database; a copy that was announced must have everything.
func (c *course) backup(ctx context.Context, db *DB) error {
	to := c.path + ".copy"
	err := db.Backup(ctx, to, nil)
	c.step(err)
	if err != nil {
		return nil
	}
	if wrong := c.ledger.compare(to); wrong != nil {
		return fmt.Errorf("the backup:\n%s", strings.Join(wrong, "\n"))
	}
	return nil
}

func (c *course) read(ctx context.Context, db *DB) {
	c.step(db.Query(ctx, store.Select{Schema: c.points}, func(schema.Reader) (bool, error) { return true, nil }))
}

// manner is a way to fail.
type manner struct {
	name  string
	fault faultvfs.Fault
}

// manners are those of one kind of call.
func manners(op faultvfs.Op) (all []manner) {
	add := func(name string, f faultvfs.Fault) {
		f.On = op
		all = append(all, manner{name + " once", f})
		f.Persistent = true
		all = append(all, manner{name + " from then on", f})
	}
	add("EIO", faultvfs.Fault{})
	switch op {
	case faultvfs.Write:
		add("ENOSPC, half written", faultvfs.Fault{Err: faultvfs.Full, Torn: true})
		add("EIO, all written", faultvfs.Fault{After: true})
	case faultvfs.Truncate:
		add("ENOSPC", faultvfs.Fault{Err: faultvfs.Full})
	case faultvfs.Sync:
		add("EIO, all synced", faultvfs.Fault{After: true})
	case faultvfs.Lock:
		add("busy", faultvfs.Fault{Err: sqlite3.BUSY})
	}
	all = append(all, manner{"panic once", faultvfs.Fault{On: op, Panic: true}})
	return all
}

// TestIOFaultsLoseNothing is SQLite's own way of testing I/O errors: the first call of a
// kind fails, then the second, and so on until a course runs through. After
// each, nothing that was acknowledged is lost, nothing that was refused is
// there, no batch exists in part, and the lock is free.
func TestIOFaultsLoseNothing(t *testing.T) {
	testtime.Minutes(t)
	dir := memoryDir(t)
	n := 0
	for _, op := range faultvfs.Any.Kinds() {
		for _, m := range manners(op) {
			t.Run(op.String()+"/"+m.name, func(t *testing.T) {
				v, opts := newFaults(t)
				rounds := 0
				for nth := 1; ; nth += stride(nth) {
					n++
					rounds++
					if fired := faultRound(t, v, opts, m, nth, dir, n); !fired {
						break
					}
				}
				t.Logf("%d rounds", rounds)
			})
		}
	}
}

// stride is how far the short form goes on after the nth call.
func stride(nth int) int {
	if long || nth < 4 {
		return 1
	}
	return 1 + nth/3
}

// faultRound runs a course whose nth call fails, checks what is left, and
// reports whether there was an nth call.
func faultRound(t *testing.T, v *faultvfs.VFS, opts Options, m manner, nth int, dir string, n int) bool {
	path, remove := folder(t, dir, n)
	defer remove()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	c := &course{path: path, opts: opts, points: pointSchema(t, "points"), keyed: pointSchema(t, "keyed", uniqueN),
		stuck: m.fault.On == faultvfs.ShmLock, persistent: m.fault.Persistent}
	m.fault.Nth = nth
	v.Arm(m.fault)
	fired := 0
	err := c.run(ctx, func() { fired = v.Disarm() })
	fired += v.Disarm()
	if err != nil {
		t.Errorf("call %d: %v\n(steps: %v)", nth, err, c.errs)
	}
	if _, statErr := os.Stat(path); statErr == nil {
		if err := reopened(path, c.points, 99); err != nil && c.ledger.want != nil {
			t.Errorf("call %d: %v", nth, err)
		} else if err == nil && c.ledger.want != nil {
			c.ledger.note("points", 99, 2, nil)
		}
		for _, wrong := range c.ledger.compare(path) {
			t.Errorf("call %d: %s\n(steps: %v)", nth, wrong, c.errs)
		}
	} else if c.ledger.want != nil {
		t.Errorf("call %d: %v", nth, statErr)
	}
	if fired == 0 && !c.ended {
		t.Errorf("call %d: nothing failed, and the course did not end: %v", nth, c.errs)
	}
	return fired > 0 && !t.Failed()
}

// TestOpenRetries: Open succeeds on a file that another process holds for a
// while, as during its creation, recovery or close.
func TestOpenRetries(t *testing.T) {
	v, opts := newFaults(t)
	path := tempPath(t)
	if err := openTest(t, path, opts).Close(); err != nil {
		t.Fatal(err)
	}
	other := openForeign(t, path)
	if err := other.Exec("PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; COMMIT"); err != nil {
		t.Fatal(err)
	}
	v.Arm(faultvfs.Fault{On: faultvfs.Open, Nth: 1 << 30}) // counts, and fails nothing
	done := make(chan error, 1)
	go func() {
		db, err := Open(context.Background(), path, opts)
		if err == nil {
			err = db.Close()
		}
		done <- err
	}()
	for v.Matched() < 5 {
		select {
		case err := <-done:
			t.Fatalf("Open returned %v while the file was held", err)
		default:
			runtime.Gosched()
		}
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
