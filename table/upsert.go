package table

import (
	"context"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// ErrNoKey is returned by Upsert when no field of T is tagged key.
var ErrNoKey = store.ErrNoKey

// Upsert stores all rows by the table's key, in one transaction, or none: a
// row whose key is not there is inserted, and one whose key exists takes
// the place of the old values. Of rows that share a key the last one stays.
// The Result counts the rows given as inserted, changed, and left because
// they said what was there already; a row that is given twice counts twice. It
// is Append in everything else. A trigger that drops rows (RAISE(IGNORE)) cannot
// be told from a row that existed: it counts as left. Each row is tried as a new
// one and then as a changed one, so that a BEFORE INSERT trigger runs twice.
func (t *Table[T]) Upsert(ctx context.Context, rows []T) (Result, error) {
	return t.insert(ctx, store.Batch{Mode: schema.Upsert}, rows)
}

// Ignore stores the rows that break neither the key nor a unique group, in
// one transaction, and leaves out those that do, those of the same call too. The
// Result counts both. Other
// rules (NOT NULL, CHECK, what RowError speaks of) fail the call, whole.
func (t *Table[T]) Ignore(ctx context.Context, rows []T) (Result, error) {
	return t.insert(ctx, store.Batch{Mode: schema.Ignore}, rows)
}
