// Package table appends slices of Go structs to tables, and reads them back.
//
// A struct's db tags say what its table looks like (package schema has the
// grammar):
//
//	type Scan struct {
//		Subject string  `db:"subject"`
//		Region  string  `db:"region"`
//		Volume  float64 `db:"volume_mm3"`
//	}
//
//	db, err := store.Open(ctx, "features.db", store.Options{})
//	...
//	defer db.Close()
//	scans, err := table.Open[Scan](ctx, db, table.Options[Scan]{})
//	...
//	applied, err := scans.AppendOnce(ctx, "sub-01/ses-01", rows)
//
// # Promises
//
// Append stores all of its rows or none, in one transaction. AppendOnce also
// stores them once: under a key that goes into the same transaction, so that a
// task may be run again after a crash, or by two processes at once. Neither
// returns "database is locked": while others write, the batch waits, and is
// tried again as Options.Retrier says. Whatever cannot be stored exactly (a
// NaN, text that is not UTF-8, a time out of range) is refused by a *RowError
// that names row, column and value, before anything is written.
//
// # Rows that come again
//
// Upsert puts rows in the place of those with their key, and Ignore leaves them
// out; both count exactly. Replace stores a batch instead of the one that its
// key had, and Forget removes it. A [Writer] takes rows one at a time. With
// Options.Quarantine, rows that cannot be stored are quarantined, and the others
// are.
//
// # Structs that change
//
// Open compares the table with T, column by column, and says what differs; what
// it may do about it, Options.Evolve says, and [Plan] what it would be. Several
// programs may have a table open with structs of different age:
// docs/evolution.md has the rules.
//
// # Pieces
//
// Table joins a schema.Schema, a schema.Binder (by reflection, or generated),
// a store.Backend (an SQLite file, or a server) and a backoff.Retrier. Each can
// be replaced.
package table
