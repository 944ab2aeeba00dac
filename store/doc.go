// Package store is the contract between typed tables and the backends that keep
// them. Package sqlite, below this one, keeps tables in one SQLite file; package
// postgres keeps them on a server. Package table is what most programs call.
//
// # Promises
//
// An [Insertion] writes a batch in one transaction. If Try returns nil, the batch
// survives a crash of the process. If Try returns an error, nothing of the batch
// is stored, with one exception: [ErrCommitUnknown]. A batch with a Key is stored
// once, however often it is inserted, because the key goes into galley_batches in
// the same transaction.
//
// No call blocks longer than its context allows, plus the write in progress.
//
// # Waiting
//
// An attempt waits only briefly for another process. It then returns an error
// for which [Backend.Retryable] is true, and the caller's Retrier sleeps while it
// holds nothing.
//
// # Reading
//
// [Query] and [Backend.Query] read a snapshot and block no writer.
package store
