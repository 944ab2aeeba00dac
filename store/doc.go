// Package store is the contract between typed tables and the backends that keep
// them. Package sqlite, below this one, keeps tables in one SQLite file; package
// postgres keeps them on a server. Most programs call package table.
//
// # Promises
//
// An [Insertion] writes a batch in one transaction. If Try returns nil, the batch
// survives a crash of the process. If Try returns an error, nothing of the batch
// is stored. The one exception is [ErrCommitUnknown]. A batch with a Key is
// stored once, however often it is inserted, because the key goes into
// galley_batches in the same transaction.
//
// When the context of a call ends, the call returns as soon as the write in progress
// is done.
//
// # Waiting
//
// An attempt waits only briefly for another process. It then returns an error for
// which [Backend.Retryable] is true, and the caller's Retrier sleeps without
// holding a lock.
//
// # Reading
//
// [Query] and [Backend.Query] read a snapshot and block no writer.
package store
