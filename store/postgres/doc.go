// Package postgres keeps galley's tables on a server that speaks PostgreSQL's
// protocol: the same [store.Backend] as an SQLite file, for pipelines that run
// on several hosts. Only the line that opens it differs:
//
//	db, err := postgres.Open(ctx, "postgres://host/features", postgres.Options{})
//
// # Promises
//
// Insert writes a batch in one transaction, whole or not at all, and when it
// returns nil the batch is as durable as the server's synchronous_commit makes
// a COMMIT. A batch's key goes into the table galley_batches in the same
// transaction, so that a key is stored once, by whichever host and however
// often it is tried. Small batches of one process that wait for each other
// share a transaction, and each still succeeds or fails independently.
//
// Values are checked before anything is sent, by the same rules as for SQLite:
// what cannot be stored exactly is a [*store.RowError].
//
// # Retrying
//
// Where nothing of a batch can have been stored, [DB.Retryable] says so: the
// transaction lost against another (SQLSTATE 40001, 40P01), a lock was not to
// be had (55P03), the server starts or stops, or the connection broke before
// COMMIT was sent. A connection that breaks during COMMIT leaves open whether
// the batch is stored: [store.ErrCommitUnknown]. Append returns it; AppendOnce
// tries again under the same key, which settles it.
//
// # Tables
//
// A table's types are those of [schema.Postgres]. Beside the tables stand
// galley's own: galley_columns says of each column what its SQL type cannot,
// galley_batches names the batches that are stored, galley_history has each
// table's creation and changes, and galley_meta how the whole is laid out.
// JSON is kept as jsonb, which drops white space, the order of keys, and all
// but the last of equal keys.
//
// Without an OrderBy, rows come in the order in which the server finds them.
//
// # Several servers
//
// [Options.DistributeBy] lays tables out so that each batch, its key and its
// rejected rows are on one server of several: docs/scale-out.md.
package postgres
