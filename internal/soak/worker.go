package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// row is a row of a batch, with its batch and the number of rows of that batch.
type row struct {
	Batch string
	I, N  int64
	Value float64
	Text  string
}

func openTable(ctx context.Context, db *sqlite.DB) (*table.Table[row], error) {
	for {
		tab, err := table.Open(ctx, db, table.Options[row]{})
		if err == nil || !errors.Is(err, store.ErrDiskFull) {
			return tab, err
		}
		if !pause(ctx, 10*time.Millisecond) {
			return nil, err
		}
	}
}

// worker appends, reads and makes checkpoints with several goroutines.
type worker struct {
	db    *sqlite.DB
	tab   *table.Table[row]
	name  string // makes its keys unique
	s     settings
	acked func(key string, rows int)
	event func(kind, what string)
}

// run works until ctx ends.
func (w *worker) run(ctx context.Context) {
	var wg sync.WaitGroup
	for g := range w.s.goroutines {
		wg.Go(func() { w.append(ctx, g) })
	}
	wg.Go(func() { w.read(ctx) })
	wg.Go(func() { w.checkpoint(ctx) })
	wg.Wait()
}

// append stores batches of its own, and, every fourth time, one that all
// workers try to store.
func (w *worker) append(ctx context.Context, g int) {
	var longest time.Duration
	for i := 0; ctx.Err() == nil; i++ {
		key := fmt.Sprintf("%s/%d/%d", w.name, g, i)
		n := 1 + rand.IntN(8)
		switch i % 8 {
		case 0:
			key = fmt.Sprintf("shared/%d", i)
			n = 1 + i%50
		case 3:
			n = 30 + rand.IntN(400)
		}
		rows := make([]row, n)
		for j := range rows {
			rows[j] = row{key, int64(j), int64(n), float64(j) / 3, "some text of a usual length"}
		}
		began := time.Now()
		for ctx.Err() == nil {
			_, err := w.tab.AppendOnce(ctx, key, rows)
			if err == nil {
				w.acked(key, n)
				break
			}
			if !w.survivable(err) {
				w.event("error", err.Error())
			}
			pause(ctx, 5*time.Millisecond)
		}
		if d := time.Since(began); d > longest && ctx.Err() == nil {
			longest = d
			w.event("wait", fmt.Sprint(d.Microseconds()))
		}
	}
}

// survivable reports that an error may come, and takes it down.
func (w *worker) survivable(err error) bool {
	var exhausted *backoff.ExhaustedError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return true
	case errors.Is(err, store.ErrDiskFull):
		w.event("fault", "append refused, disk full")
		return true
	case errors.As(err, &exhausted), errors.Is(err, store.ErrCommitUnknown):
		w.event("fault", "append gave up for now")
		return true
	}
	return false
}

// read counts the rows of batches: each has all of its own, at any moment.
func (w *worker) read(ctx context.Context) {
	for pause(ctx, time.Duration(rand.IntN(100))*time.Millisecond) {
		i := 8 * rand.IntN(200)
		n := int64(0)
		for r, err := range w.tab.Where(ctx, "batch = ?", fmt.Sprintf("shared/%d", i)) {
			if err != nil {
				if ctx.Err() == nil && !errors.Is(err, store.ErrDiskFull) {
					w.event("error", "read: "+err.Error())
				}
				n = 0
				break
			}
			n++
			_ = r
		}
		if want := int64(1 + i%50); n != 0 && n != want {
			w.event("error", fmt.Sprintf("read: batch shared/%d has %d of %d rows", i, n, want))
		}
	}
}

func (w *worker) checkpoint(ctx context.Context) {
	for pause(ctx, time.Duration(100+rand.IntN(900))*time.Millisecond) {
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		_, err := w.db.Checkpoint(short, sqlite.CheckpointMode(rand.IntN(3)))
		cancel()
		if err != nil && short.Err() == nil && !errors.Is(err, sqlite.ErrCheckpointBusy) && !errors.Is(err, store.ErrDiskFull) {
			w.event("error", "checkpoint: "+err.Error())
		}
	}
}
