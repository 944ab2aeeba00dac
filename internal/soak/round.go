package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// round writes one database for a while under faults, checks it and removes
// it.
func round(ctx context.Context, s settings, path string, length time.Duration, small bool, r *report) error {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	db, err := openStore(ctx, path, s)
	if err != nil {
		return err
	}
	tab, err := openTable(ctx, db)
	if err != nil {
		return errors.Join(fmt.Errorf("open the table: %w; %s", err, sizes(filepath.Dir(path))), db.Close())
	}
	acks := &ledger{rows: map[string]int{}}
	began := time.Now()
	var wg sync.WaitGroup
	for n := range s.processes {
		wg.Go(func() { supervise(ctx, s, path, n+1, acks, r) })
	}
	w := &worker{db: db, tab: tab, name: "own", s: s,
		acked: acks.add,
		event: r.event,
	}
	wg.Go(func() { w.run(ctx) })
	if small {
		wg.Go(func() { fill(ctx, filepath.Dir(path), r) })
	}
	wg.Wait()
	r.load(acks, time.Since(began))
	if err := verify(db, acks, r); err != nil {
		return errors.Join(fmt.Errorf("verify: %w; %s", err, sizes(filepath.Dir(path))), db.Close())
	}
	if err := db.Clear(context.Background()); err != nil {
		return errors.Join(fmt.Errorf("clear: %w; %s", err, sizes(filepath.Dir(path))), db.Close())
	}
	return nil
}

// sizes says what takes the room in a folder.
func sizes(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			all = append(all, fmt.Sprintf("%s has %d bytes", e.Name(), info.Size()))
		}
	}
	return strings.Join(all, ", ")
}

// ledger has the keys that were acknowledged, and their rows.
type ledger struct {
	mu   sync.Mutex
	rows map[string]int
}

func (l *ledger) add(key string, rows int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows[key] = rows
}

// fill fills the disk now and then, and empties it a little later.
func fill(ctx context.Context, dir string, r *report) {
	ballast := filepath.Join(dir, "ballast")
	for pause(ctx, time.Duration(500+rand.IntN(2500))*time.Millisecond) {
		f, err := os.Create(ballast)
		if err != nil {
			continue // full already
		}
		block := make([]byte, 1<<20)
		for err == nil && ctx.Err() == nil {
			_, err = f.Write(block)
		}
		f.Close()
		r.event("fault", "disk filled")
		pause(ctx, time.Duration(100+rand.IntN(900))*time.Millisecond)
		os.Remove(ballast)
	}
}

// pause waits, and reports false once ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func openStore(ctx context.Context, path string, s settings) (*sqlite.DB, error) {
	opts := sqlite.Options{WALBytes: 4 << 20}
	if s.full {
		opts.Durability = sqlite.Full
	}
	for {
		db, err := sqlite.Open(ctx, path, opts)
		if err == nil || !errors.Is(err, store.ErrDiskFull) {
			return db, err
		}
		if !pause(ctx, 10*time.Millisecond) {
			return nil, fmt.Errorf("open: %w", ctx.Err())
		}
	}
}
