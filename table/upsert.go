package table

import (
	"context"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// ErrNoKey is returned by Upsert when no field of T is tagged key.
var ErrNoKey = store.ErrNoKey

// Upsert stores all rows by the table's key, in one transaction, or none. It
// inserts a row whose key is missing, and replaces the values of a row whose
// key exists. Of rows that share a key the last one remains. The Result counts
// the given rows as inserted, changed or unchanged; a row that is given twice
// counts twice. Everything else is as in Append. A trigger that drops rows
// (RAISE(IGNORE)) looks like an unchanged row, and counts as one. Each row is
// tried as an insert and then as an update, so a BEFORE INSERT trigger runs
// twice.
func (t *Table[T]) Upsert(ctx context.Context, rows []T) (Result, error) {
	return t.insert(ctx, store.Batch{Mode: schema.Upsert}, rows)
}

// Ignore stores the rows that break neither the key nor a unique group, in one
// transaction, and skips the others, including duplicates within the call. The
// Result counts both. Every other broken rule (NOT NULL, CHECK, the errors of
// RowError) fails the whole call.
func (t *Table[T]) Ignore(ctx context.Context, rows []T) (Result, error) {
	return t.insert(ctx, store.Batch{Mode: schema.Ignore}, rows)
}
