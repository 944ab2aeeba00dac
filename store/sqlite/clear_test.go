package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestClearFaults fails each call that Clear makes, one after the other. A
// Clear that reports an error has lost nothing, and the database can be used
// on; one that reports success has removed the files.
func TestClearFaults(t *testing.T) {
	testtime.Minutes(t)
	dir := memoryDir(t)
	n := 0
	for _, op := range faultvfs.Any.Kinds() {
		for _, m := range manners(op) {
			t.Run(op.String()+"/"+m.name, func(t *testing.T) {
				v, opts := newFaults(t)
				for nth := 1; ; nth += stride(nth) {
					n++
					m.fault.Nth = nth
					if fired := clearRound(t, v, opts, m.fault, dir, n); !fired || t.Failed() {
						break
					}
				}
			})
		}
	}
}

func clearRound(t *testing.T, v *faultvfs.VFS, opts Options, f faultvfs.Fault, dir string, n int) bool {
	path, remove := folder(t, dir, 3_000_000+n)
	defer remove()
	db, err := Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	s := ensured(t, db)
	var l ledger
	for i, rows := range []int{3, 200} {
		l.note("points", i, rows, second(store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: batchPoints(i, rows)})))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	v.Arm(f)
	cleared := db.Clear(ctx)
	fired := v.Disarm()
	_, statErr := os.Stat(path)
	switch {
	case cleared == nil && !errors.Is(statErr, fs.ErrNotExist):
		t.Errorf("call %d: Clear reported success, and the file is there: %v", f.Nth, statErr)
	case cleared == nil:
		if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
			t.Errorf("call %d: Clear left %v (%v)", f.Nth, left, err)
		}
	case cleared != nil && statErr != nil:
		t.Errorf("call %d: Clear reported %v, and the file is gone: %v", f.Nth, cleared, statErr)
	case cleared != nil:
		stuck := f.On == faultvfs.ShmLock && f.Persistent // a lock could not be given back
		_, err := store.Insert(soon(t), db, &store.Batch{Schema: s, Rows: batchPoints(7, 40)})
		l.note("points", 7, 40, err)
		if err != nil && !stuck {
			t.Errorf("call %d: append after a Clear that failed with %v: %v", f.Nth, cleared, err)
		}
	}
	if err := db.Close(); err != nil && !f.Panic {
		t.Errorf("call %d: close: %v", f.Nth, err)
	}
	if cleared != nil {
		if err := reopened(path, s, 9); err != nil {
			t.Errorf("call %d: after a Clear that failed with %v: %v", f.Nth, cleared, err)
		}
		l.note("points", 9, 2, nil)
		for _, wrong := range l.compare(path) {
			t.Errorf("call %d: after a Clear that failed with %v: %s", f.Nth, cleared, wrong)
		}
	}
	return fired > 0
}

// TestClearCrash loses power at every moment of a Clear. What is found then is
// either everything, and can be used on, or nothing, and the path can be used
// again. A rollback journal, which Clear has for a moment, gets more images: of
// its records the engine checks every two hundredth byte.
func TestClearCrash(t *testing.T) {
	testtime.Minutes(t)
	for _, durability := range []Durability{Normal, Full} {
		t.Run(durability.String(), func(t *testing.T) { clearCrash(t, memoryDir(t), durability) })
	}
}

func clearCrash(t *testing.T, dir string, durability Durability) {
	v, opts := newFaults(t)
	opts.Durability = durability
	path, _ := folder(t, dir, 1)
	db, err := Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	s := ensured(t, db)
	var l ledger
	for i, rows := range []int{3, 200, 60} {
		l.note("points", i, rows, second(store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: batchPoints(i, rows)})))
	}
	log := v.Record(path, path+"-wal", path+"-journal")
	if err := db.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	log.Stop()
	rng := rand.New(rand.NewPCG(3, 4))
	n, gone := 10, 0
	for at := 0; at <= log.Len(); at++ {
		for _, loss := range []faultvfs.Loss{faultvfs.Dropped, faultvfs.Operations, faultvfs.Sectors} {
			images := pick(4, 40)
			for k := 0; k < images; k++ {
				n++
				to, remove := folder(t, dir, n)
				image := log.Image(at, loss, rng)
				if len(image[path+"-journal"]) > 0 && loss == faultvfs.Sectors {
					images = pick(100, 1000)
				}
				must(t, image.Save(path, to))
				if image[path] == nil {
					gone++
					if err := anew(to, s); err != nil {
						t.Errorf("power lost at change %d of %d, %v, the database is gone: %v", at, log.Len(), loss, err)
					}
				} else {
					if err := reopened(to, s, 9); err != nil {
						t.Errorf("power lost at change %d of %d, %v: %v", at, log.Len(), loss, err)
					}
					l.note("points", 9, 2, nil)
					for _, wrong := range l.compare(to) {
						t.Errorf("power lost at change %d of %d, %v: %s", at, log.Len(), loss, wrong)
					}
				}
				remove()
			}
		}
	}
	if gone == 0 {
		t.Error("the database was gone in none of the images")
	}
}

// TestRollbackJournal: the two changes of the file that go by way of a rollback
// journal, out of WAL mode and back, sync it twice, under NORMAL too: first what
// it has, and then that it has it.
func TestRollbackJournal(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("where open files cannot be removed, a Clear that fails so has closed the DB")
	}
	v, opts := newFaults(t)
	path := tempPath(t)
	db, err := Open(t.Context(), path, opts)
	must(t, err)
	defer db.Close()
	s := ensured(t, db)
	must(t, second(db.Checkpoint(t.Context(), Truncate)))
	syncs, written := 0, false // of the journal, before the file is written
	v.Watch(faultvfs.Write|faultvfs.Sync, func(op faultvfs.Op, name string) {
		switch {
		case op == faultvfs.Sync && name == path+"-journal" && !written:
			syncs++
		case op == faultvfs.Write && name == path:
			written = true
		}
	})
	check := func(what string) {
		t.Helper()
		if syncs != 2 || !written {
			t.Errorf("%s: the journal was synced %d times before the file was written (%v), want twice", what, syncs, written)
		}
		syncs, written = 0, false
	}
	v.Arm(faultvfs.Fault{On: faultvfs.Delete, Suffix: "/test.db"})
	if err := db.Clear(t.Context()); err == nil || v.Disarm() != 1 {
		t.Fatalf("Clear returned %v, and was to fail at its last removal", err)
	}
	check("out of WAL mode")
	must(t, second(store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 1)})))
	check("back into it")
	var got string
	must(t, db.file.exclusively(t.Context(), func(w *writer) (err error) {
		got, err = w.conn.text("PRAGMA synchronous")
		return err
	}))
	if got != synchronous(Normal) {
		t.Errorf("synchronous is %s afterwards", got)
	}
}

// again creates a database where one was cleared.
func anew(path string, s *schema.Schema) (err error) {
	db, err := Open(context.Background(), path, Options{CacheKiB: 4000})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	have, err := db.Describe(context.Background(), s.Name())
	if err == nil && have != nil {
		err = errors.New("it has come back in part")
	}
	return err
}
