package transfer

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/galley-db/galley/internal/powerloss"
	"github.com/galley-db/galley/internal/spooldir"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// inPlace is a destination that looks at the disk around each sync.
type inPlace struct {
	*sqlite.DB
	look func(when string)
}

func (p inPlace) Sync(ctx context.Context) error {
	p.look("before the sync of a collector")
	err := p.DB.Sync(ctx)
	p.look("after the sync of a collector")
	return err
}

// Power is lost after each batch that a writer acknowledges and around each sync
// of a collector into a database that does not sync by itself: every
// acknowledged batch is in the spool or in the database, and a collector that
// runs then has each in the database once.
func TestCollectPowerLoss(t *testing.T) {
	testtime.Seconds(t)
	disk := powerloss.New(t)
	s, err := spool.Open(t.Context(), filepath.Join(disk.Dir(), "study.spool"), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(disk.Dir(), "study.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	openTable(t, db)
	if err := db.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	var acked []string
	look := func(when string) {
		t.Helper()
		disk.Lose(func(dir string) { afterPowerLoss(t, dir, when, acked) })
	}
	keys := keyNames(12)
	for i, key := range keys {
		fill(t, s, 10, key)
		acked = append(acked, key)
		look("after " + key)
		if i%4 == 3 {
			if _, err := Collect(t.Context(), inPlace{db, look}, []string{s.Path()}, CollectOptions{}); err != nil {
				t.Fatal(err)
			}
			look("after a collector")
		}
	}
	t.Logf("%d power losses", disk.Cuts())
}

// afterPowerLoss collects what is found on the disk, into the database that is
// found there.
func afterPowerLoss(t *testing.T, dir, when string, acked []string) {
	t.Helper()
	d, err := spooldir.Open(filepath.Join(dir, "study.spool"))
	if err != nil {
		t.Errorf("%s: %v", when, err)
		return
	}
	for _, key := range acked {
		if done, err := d.Done("region", key); err != nil || !done {
			t.Errorf("%s: key %s: done is %v, %v", when, key, done, err)
		}
	}
	path := filepath.Join(dir, "study.db")
	if _, err := os.Stat(path); err != nil {
		t.Errorf("%s: %v", when, err)
		return
	}
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Errorf("%s: %v", when, err)
		return
	}
	defer db.Close()
	report, err := Collect(t.Context(), store.Backend(db), []string{d.Path()}, CollectOptions{})
	if err != nil || len(report.Aside)+len(report.Refused) > 0 {
		t.Errorf("%s: %v, %v, %v", when, err, report.Aside, report.Refused)
		return
	}
	stored(t, db, 10, acked...)
}
