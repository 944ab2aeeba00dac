// Package table appends slices of Go structs to tables, and reads them back.
//
// A struct's db tags describe its table (package schema has the grammar):
//
//	type Scan struct {
//		Subject string  `db:"subject"`
//		Region  string  `db:"region"`
//		Volume  float64 `db:"volume_mm3"`
//	}
//
//	db, err := sqlite.Open(ctx, "features.db", sqlite.Options{})
//	...
//	defer db.Close()
//	scans, err := table.Open[Scan](ctx, db, table.Options[Scan]{})
//	...
//	applied, err := scans.AppendOnce(ctx, "sub-01/ses-01", rows)
//
// # Promises
//
// Append stores all of its rows or none, in one transaction. AppendOnce also
// stores them once, under a key that goes into the same transaction. A task may
// therefore run again after a crash, or in two processes at the same time.
// [Together] does the same for rows of several tables, which share the
// transaction. None of the three returns "database is locked": while other
// processes write, the batch waits and is retried as Options.Retrier says. A
// value that cannot be stored exactly (a NaN, text that is not UTF-8, a time out
// of range) is refused before anything is written, with a *[RowError] that names
// row, column and value.
//
// # Rows with a key
//
// If a stored row has the same key as a new one, Upsert replaces the stored row,
// and Ignore skips the new one; both return exact counts. Replace replaces the
// batch of a key, and Forget removes it. [Update] and Delete edit the rows that
// meet a condition. A [Writer] takes rows one at a time. With
// Options.Quarantine, rows that cannot be stored go into quarantine, and the
// other rows are stored.
//
// # Reading
//
// All, Where, One and Count read the table, and [ViewOf] reads some of its
// columns. For a join or an aggregate, [store.Query] runs a SELECT and returns
// structs.
//
// # Structs that change
//
// Open compares the table with T, column by column, and returns an error that
// lists the differences. Options.Evolve selects what Open may change. [Plan]
// reports the changes without making them. Several programs may have a table open
// with different versions of a struct: docs/evolution.md has the rules.
//
// # Parts
//
// A [Table] has a [schema.Schema], a [schema.Binder] (reflective or generated), a
// [store.Backend] (an SQLite file, or a server) and a [backoff.Retrier]. You can
// replace each of them.
package table
