package sqlite

import (
	"sync"
	"time"
)

// Stats are the counts of one file since this process opened it, over all its
// DBs.
type Stats struct {
	Attempts int64 // transactions started, or attempted
	Groups   int64 // transactions that wrote batches
	Batches  int64 // batches stored
	Rows     int64 // rows stored

	Wait    time.Duration // sum over batches: from the first attempt to the write lock
	MaxWait time.Duration // the longest of them
	Hold    time.Duration // sum over groups: the write lock held
	MaxHold time.Duration // the longest of them

	LongReads int64 // queries that ran longer than Options.LongRead

	WALBytes          int64     // size of the -wal file now
	Checkpoints       int64     // by the writer itself or by Checkpoint
	LastCheckpoint    time.Time // time of the last one that moved all it could
	LastCheckpointErr error     // why the last one failed; nil after a success
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

func (c *counters) checkpointed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.LastCheckpointErr = err
	if err == nil {
		c.Checkpoints++
		c.LastCheckpoint = time.Now()
	}
}

// Stats returns the counts so far.
func (db *DB) Stats() Stats {
	f := db.file
	f.stats.mu.Lock()
	s := f.stats.Stats
	f.stats.mu.Unlock()
	s.WALBytes = f.walBytes()
	return s
}
