package sqlite

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/internal/powerloss"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// powered is a course on a disk that loses power all the time.
type powered struct {
	t       *testing.T
	disk    *powerloss.Disk
	all     []*schema.Schema
	ledger  ledger
	tabled  bool              // the table's creation was acknowledged
	shape   int               // of the table that was acknowledged
	created bool              // Open has returned
	clears  bool              // Clear has begun
	copies  map[string]ledger // of the backups that were acknowledged
}

// look checks what is found on the disk.
func (p *powered) look(when string) {
	p.t.Helper()
	p.disk.Lose(func(dir string) {
		path := filepath.Join(dir, "test.db")
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			if p.created && !p.clears {
				p.t.Errorf("%s: the database is gone", when)
			}
		} else {
			p.database(when, path)
		}
		for _, name := range []string{"copy 1", "copy 2"} { // no process writes to them once they have their names
			found, err := os.ReadFile(filepath.Join(dir, name))
			if errors.Is(err, fs.ErrNotExist) {
				continue // those that were acknowledged are missed below
			}
			if whole, liveErr := os.ReadFile(filepath.Join(p.disk.Dir(), name)); err != nil || liveErr != nil || !bytes.Equal(found, whole) {
				p.t.Errorf("%s: %s has its name, and %d bytes that are others than its %d (%v, %v)", when, name, len(found), len(whole), err, liveErr)
			}
		}
		for name, l := range p.copies {
			for _, wrong := range l.compare(filepath.Join(dir, name)) {
				p.t.Errorf("%s: %s: %s", when, name, wrong)
			}
		}
		for _, name := range []string{"copy 1", "copy 2"} { // not acknowledged yet
			copied := filepath.Join(dir, name)
			if _, acked := p.copies[name]; acked {
				continue
			}
			if _, err := os.Stat(copied); err == nil {
				for _, wrong := range p.ledger.compare(copied) {
					p.t.Errorf("%s: %s has its name, and %s", when, name, wrong)
				}
			}
		}
	})
}

func (p *powered) database(when, path string) {
	db, err := Open(context.Background(), path, Options{CacheKiB: 4000})
	if err != nil {
		p.t.Errorf("%s: %v", when, err)
		return
	}
	defer db.Close()
	have, err := db.Describe(context.Background(), "points")
	switch {
	case err != nil:
		p.t.Errorf("%s: %v", when, err)
	case have == nil && p.tabled:
		p.t.Errorf("%s: the table is gone", when)
	case have != nil:
		if f := have.Fingerprint(); f != p.all[p.shape].Fingerprint() && f != p.all[min(p.shape+1, len(p.all)-1)].Fingerprint() {
			p.t.Errorf("%s: the table is not in shape %d, nor in the next: %v", when, p.shape, have.Columns())
		}
		for _, wrong := range p.ledger.compare(path) {
			p.t.Errorf("%s: %s", when, wrong)
		}
	}
}

// TestPowerLoss loses power before each sync, and before each call that
// removes or cuts a file, and after all that was acknowledged, of a course over
// the whole life of a database under FULL: its creation, appends, a table that
// evolves and is rebuilt, checkpoints, backups, Clear. The disk is a file system
// of the kernel's, so that names and folders that were not synced are lost too.
func TestPowerLoss(t *testing.T) {
	testtime.Minutes(t)
	all, how := shapes(t)
	p := &powered{t: t, disk: powerloss.New(t), all: all, copies: map[string]ledger{}}
	v, opts := newFaults(t)
	opts.Durability = Full
	path := filepath.Join(p.disk.Dir(), "test.db")
	ctx := t.Context()
	v.Watch(faultvfs.Sync|faultvfs.Delete|faultvfs.Truncate, func(op faultvfs.Op, path string) {
		p.look("before " + op.String() + " of " + filepath.Base(path))
	})
	db, err := Open(ctx, path, opts)
	must(t, err)
	p.created = true
	p.look("opened")
	insert := func(id, rows int) {
		t.Helper()
		s := all[p.shape]
		p.ledger.note("points", id, rows, store.ErrCommitUnknown)
		_, err := store.Insert(ctx, db, &store.Batch{Schema: s, Rows: shaped(s, id, rows), Key: key(id)})
		must(t, err)
		p.ledger.note("points", id, rows, nil)
		p.look("appended")
	}
	backup := func(name string) {
		t.Helper()
		must(t, db.Backup(ctx, filepath.Join(p.disk.Dir(), name), nil))
		p.copies[name] = ledger{want: map[string]map[int]fate{"points": maps.Clone(p.ledger.want["points"])}}
		p.look("copied")
	}
	for shape, s := range all {
		must(t, db.Ensure(ctx, s, how[shape]))
		p.shape, p.tabled = shape, true
		p.look("evolved")
		insert(10*shape, 3)
		insert(10*shape+1, 300)
		switch shape {
		case 1:
			must(t, second(db.Checkpoint(ctx, Truncate)))
			p.look("checkpointed")
		case 2:
			backup("copy 1")
		case 3:
			must(t, second(db.Checkpoint(ctx, Passive)))
		case 4:
			backup("copy 2")
		}
	}
	must(t, db.Close())
	p.look("closed")
	db, err = Open(ctx, path, opts)
	must(t, err)
	insert(99, 40)
	p.clears = true
	must(t, db.Clear(ctx))
	p.look("cleared")
	v.Watch(0, nil)
	t.Logf("power was lost %d times", p.disk.Cuts())
}
