// Package store keeps typed rows in SQLite files: many goroutines and
// processes write one file, and each batch lands whole, once, or not at all.
//
// # Promises
//
// Insert writes a batch in one transaction. When it returns nil the batch
// survives a crash of the process or a kill -9; under Options.Durability Full
// a loss of power too. When it returns an error nothing of the batch is
// stored, with one exception that says so: ErrCommitUnknown. A batch with a
// Key is stored once, however often it is inserted, because the key goes into
// galley_batches in the same transaction.
//
// No call blocks longer than its context, plus the write that is under way.
//
// # One writer
//
// SQLite has one write lock for a file. Within a process, all DBs on one file
// (found by device and inode, not by the spelling of its path) share one
// writer connection, and holding it is the lock: callers queue, first in,
// first out. Whoever reaches the head of the queue writes his own batch and
// those behind it in one transaction, commits once, and wakes them all. A
// batch that fails, fails alone. Between processes, an attempt waits briefly
// in the engine and then returns an error for which Retryable holds; the
// caller's Retrier sleeps with nothing held.
//
// # Readers
//
// Query runs on read-only connections beside the writer, each on a snapshot of
// its own (https://sqlite.org/isolation.html). A snapshot that is held long
// keeps the write-ahead log from being cut back: Stats shows its size.
//
// # What a file must be
//
// On a local disk, under one name, used by this package or by programs that
// only read. What would lose data silently is refused: see [Open], and the
// errors of this package. Before a batch is acknowledged, the file's name is
// checked to lead to the file still: ErrFileReplaced.
package store
