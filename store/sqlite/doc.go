// Package sqlite keeps typed tables in one SQLite file. Many goroutines and
// processes write the file, and each batch is stored whole, once, or not at all.
// A [DB] is a [store.Backend]; most programs call package table.
//
// # Promises
//
// When a write returns nil, the batch survives a crash of the process or a
// kill -9; with [Full] it also survives a power loss. docs/durability.md has the
// details and the tests.
//
// # One writer
//
// SQLite has one write lock for a file. Within a process, all DBs on one file
// (identified by device and inode, not by the spelling of its path) share one
// writer connection. Callers queue for it, first in, first out. The caller at the
// head of the queue writes its own batch and those queued behind it in one
// transaction, commits once, and wakes them all. A batch that fails does not
// affect the others. Between processes, an attempt waits for Options.BusyWait and
// then returns a retryable error; the caller's Retrier sleeps without holding a
// lock.
//
// # Waits
//
//	what is waited for                                  how long                       where
//	the turn among this process's writers               until the context ends         queue.go
//	the write lock that another process holds           Options.BusyWait an attempt    wait.go
//	the next attempt                                    as the Retrier says            package backoff
//	a file that another process creates, recovers,      a minute, or until             wait.go
//	  closes, clears, or moves as a whole                 the context ends
//	readers that keep a WAL of 4 times its bound        250 ms, again at each          wait.go
//	  from being reused                                   doubling
//
// If a wait takes too long, the caller gets [store.ErrBusy] or its context's
// error. [store.ErrBusy] names the process that holds the lock, if the system
// reports it.
//
// # Readers
//
// Queries run on read-only connections beside the writer, each on its own
// snapshot (https://sqlite.org/isolation.html). A snapshot that is held for a long
// time keeps the write-ahead log from shrinking; [DB.Stats] shows its size.
//
// # Many tables
//
// Rows of up to 8 tables at a time go into the file as page images. If more tables
// are in use, batches below 1,000 rows are stored by prepared statements, which
// are kept for 64 tables (or 128 without upserts). The rate of batches is then
// about the same for 8 and for 64 tables. Beyond that, each batch compiles its
// statement again, which costs about as much as 100 rows. Creating a table takes
// longer the more tables the file has, because SQLite and galley look through all
// names: about 1 ms among 500 tables, 4 ms among 2,000. Whenever a table is
// created or changed, each other connection reads the definitions of all tables
// again.
//
// # Requirements for a file
//
// The file must be on a local disk, under one name, and other programs must only
// read it. [Open] refuses a file that would lose data silently. Before a batch is
// acknowledged, galley checks that the file's name still leads to the open file,
// and otherwise returns [ErrFileReplaced].
package sqlite
