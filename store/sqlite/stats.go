package sqlite

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/galley-db/galley/store"
)

// Stats are the counts of one file since this process opened it, over all its
// DBs.
type Stats struct {
	Attempts int64 // transactions started, or attempted
	Groups   int64 // transactions that wrote batches
	Batches  int64 // batches stored
	Rows     int64 // rows stored
	Rejected int64 // rows put into quarantine
	Retries  int64 // attempts after the first of their batch
	Errors   Errors

	Wait    time.Duration // sum over batches: from the first attempt to the write lock
	MaxWait time.Duration // the longest of them
	Hold    time.Duration // sum over groups: the write lock held
	MaxHold time.Duration // the longest of them

	LongReads int64 // queries that ran longer than Options.LongRead

	Buffered []store.UnstoredRows // rows that this DB's open Writers hold now, by table

	WALBytes          int64     // size of the -wal file now
	Checkpoints       int64     // by the writer itself or by Checkpoint
	LastCheckpoint    time.Time // time of the last one that moved all it could
	LastCheckpointErr error     // why the last one failed; nil after a success
}

// Errors counts attempts that failed, by what went wrong, and the rows that
// Writers and Append refused before an attempt.
type Errors struct {
	Busy     int64 // ErrBusy: another process held the write lock
	Row      int64 // a row broke a rule, or has a value that cannot be stored
	Disk     int64 // ErrDiskFull, ErrReadOnly, ErrIO
	Unknown  int64 // ErrCommitUnknown
	Canceled int64 // the context ended
	Other    int64
}

// counters collects Stats.
type counters struct {
	mu sync.Mutex
	Stats
}

func (c *counters) attempt() {
	c.mu.Lock()
	c.Attempts++
	c.mu.Unlock()
}

func (c *counters) waited(d time.Duration) {
	c.mu.Lock()
	c.Wait += d
	c.MaxWait = max(c.MaxWait, d)
	c.mu.Unlock()
}

func (c *counters) held(d time.Duration) {
	c.mu.Lock()
	c.Hold += d
	c.MaxHold = max(c.MaxHold, d)
	c.mu.Unlock()
}

func (c *counters) longRead() {
	c.mu.Lock()
	c.LongReads++
	c.mu.Unlock()
}

// tried counts an attempt of a batch.
func (c *counters) tried(attempt int, res store.Result, err error) {
	if err == nil && attempt == 1 && res.Rejected == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if attempt > 1 {
		c.Retries++
	}
	c.Rejected += res.Rejected
	var row *store.RowError
	switch {
	case err == nil:
	case errors.Is(err, store.ErrCommitUnknown):
		c.Errors.Unknown++
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		c.Errors.Canceled++
	case errors.Is(err, store.ErrBusy):
		c.Errors.Busy++
	case errors.Is(err, store.ErrDiskFull), errors.Is(err, store.ErrReadOnly), errors.Is(err, store.ErrIO):
		c.Errors.Disk++
	case errors.As(err, &row), errors.Is(err, store.ErrConstraint):
		c.Errors.Row++
	default:
		c.Errors.Other++
	}
}

// grouped counts the members of a finished group.
func (c *counters) grouped(members []*request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Groups++
	for _, r := range members {
		if r.err == nil && r.result.Applied {
			c.Batches++
			c.Rows += r.result.Inserted + r.result.Changed
		}
	}
}

// settled counts a batch of which a later attempt has found that an earlier one, whose
// outcome was unknown, stored it.
func (c *counters) settled(res store.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Batches++
	c.Rows += res.Inserted + res.Changed
}

// checkpointed counts a checkpoint, and reports it.
func (f *file) checkpointed(began time.Time, err error) {
	f.stats.checkpointed(err)
	if f.opts.Observer != nil || f.opts.Logger != nil {
		f.opts.hooks().Checkpoint(store.CheckpointEvent{Took: time.Since(began), WALBytes: f.walBytes(), Err: err})
	}
}

func (c *counters) checkpointed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.LastCheckpointErr = err
	if err == nil {
		c.Checkpoints++
		c.LastCheckpoint = time.Now()
	}
}

// Stats returns the counts so far, also after Close.
func (db *DB) Stats() Stats {
	f := db.file
	f.stats.mu.Lock()
	s := f.stats.Stats
	f.stats.mu.Unlock()
	s.WALBytes = f.walBytes()
	s.Buffered = db.writers.Buffered()
	return s
}
