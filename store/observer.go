package store

import (
	"context"
	"time"

	"github.com/galley-db/galley/schema"
)

// Observer receives each batch and checkpoint of a Backend, for metrics and
// traces. The goroutine that wrote calls it before its call returns, so an
// Observer is called by several goroutines at once, and what it does delays them.
// It must not write to the Backend.
//
// Observers look at the type of an event's error with errors.Is and errors.As, as
// callers do. Later versions may add fields to the events.
type Observer interface {
	// Batch is called once for each batch, and for each table of a batch with
	// several: when it is stored, was stored before,
	// is refused or given up. ctx is that of the last attempt, or the background
	// where there was none.
	Batch(ctx context.Context, e BatchEvent)
	// Checkpoint is called after each checkpoint of an SQLite file that this
	// process made, by the writer or in the background. The last one, with which
	// SQLite itself closes a file that no other process has open, is not reported.
	Checkpoint(e CheckpointEvent)
}

// BatchEvent says what became of a batch.
type BatchEvent struct {
	Table string
	Key   string // "" for a batch without one
	Rows  int    // given
	Mode  schema.Mode

	Began    time.Time     // when the batch was checked and encoded
	Took     time.Duration // since then
	Attempts int           // 0 if the batch was refused before the first
	Wait     time.Duration // until the write lock was held, over all attempts; 0 for PostgreSQL and a spool
	Hold     time.Duration // how long the write lock was held for the group, likewise
	Group    int           // batches in the transaction, likewise

	Result Result // the zero Result after an error
	Err    error  // nil if the batch is stored
}

// CheckpointEvent says what a checkpoint did.
type CheckpointEvent struct {
	Took     time.Duration
	WALBytes int64 // size of the -wal file afterwards
	Err      error // why not all could be moved into the database file
}
