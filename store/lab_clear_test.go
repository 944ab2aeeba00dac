package store

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/schema"
)

// TestClearFaults fails each call that Clear makes, one after the other. A
// Clear that reports an error has lost nothing, and the database can be used
// on; one that reports success has removed the files.
func TestClearFaults(t *testing.T) {
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
		l.note("points", i, rows, second(db.Insert(t.Context(), &Batch{Schema: s, Rows: batchPoints(i, rows)})))
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
		_, err := db.Insert(soon(t), &Batch{Schema: s, Rows: batchPoints(7, 40)})
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
// anew.
func TestClearCrash(t *testing.T) {
	dir := memoryDir(t)
	v, opts := newFaults(t)
	opts.Durability = Full
	path, _ := folder(t, dir, 1)
	db, err := Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	s := ensured(t, db)
	var l ledger
	for i, rows := range []int{3, 200, 60} {
		l.note("points", i, rows, second(db.Insert(t.Context(), &Batch{Schema: s, Rows: batchPoints(i, rows)})))
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
			for range pick(4, 40) {
				n++
				to, remove := folder(t, dir, n)
				image := log.Image(at, loss, rng)
				if err := image.Save(path, to); err != nil {
					t.Fatal(err)
				}
				if image[path] == nil {
					gone++
					if err := anew(to, s); err != nil {
						t.Errorf("power lost at change %d of %d, %v, the database is gone: %v", at, log.Len(), loss, err)
					}
					remove()
					continue
				}
				if err := reopened(to, s, 9); err != nil {
					t.Errorf("power lost at change %d of %d, %v: %v", at, log.Len(), loss, err)
				}
				l.note("points", 9, 2, nil)
				for _, wrong := range l.compare(to) {
					t.Errorf("power lost at change %d of %d, %v: %s", at, log.Len(), loss, wrong)
				}
				remove()
			}
		}
	}
	if gone == 0 {
		t.Error("the database was gone in none of the images")
	}
}

// anew creates a database where one was cleared.
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
