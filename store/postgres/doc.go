// Package postgres keeps galley's tables on a server that speaks PostgreSQL's
// protocol, for pipelines that run on several hosts. A [DB] is a
// [store.Backend], as an SQLite file is. Only the line that opens the database
// differs:
//
//	db, err := postgres.Open(ctx, "postgres://host/features", postgres.Options{})
//
// # Promises
//
// Insert writes a batch in one transaction, whole or not at all. When Insert
// returns nil, the batch is as durable as the server's synchronous_commit makes
// a COMMIT. A batch's key goes into the table galley_batches in the same
// transaction, so a key is stored once, whichever hosts try to store it, and
// however often. Small batches of one process that wait at the same time share a
// transaction, and each still succeeds or fails independently.
//
// Values are checked before anything is sent, by the same rules as for SQLite.
// If a value cannot be stored exactly, the error is a [*store.RowError].
//
// # Retrying
//
// [DB.Retryable] is true for an error after which nothing of the batch can have
// been stored, and after which a new attempt may succeed: the transaction
// conflicted with another (SQLSTATE 40001, 40P01), a lock was not available
// (55P03), the server starts or stops, or the connection broke before COMMIT
// was sent. If the connection breaks during COMMIT, it is unknown whether the
// batch is stored, and the error is [store.ErrCommitUnknown]. Append returns
// this error; AppendOnce tries again under the same key, which settles the
// question.
//
// # Tables
//
// A table's types are those of [schema.Postgres]. The namespace also has
// galley's own tables. galley_columns holds the properties of each column that
// its SQL type cannot express, galley_batches the keys of the stored batches,
// galley_history the creation and the changes of each table, and galley_meta
// the layout of the namespace. JSON is stored as jsonb, which drops white
// space and the order of keys. An object with two values for one key, of which
// a jsonb keeps the last, is refused.
//
// Without an OrderBy, rows come in the order in which the server finds them.
//
// # Several servers
//
// With [Options.DistributeBy], each batch, its key and its rejected rows are
// together on one of several servers: see docs/scale-out.md.
package postgres
