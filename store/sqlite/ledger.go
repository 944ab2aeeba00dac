package sqlite

import (
	"context"
	"iter"

	"github.com/galley-db/galley/internal/ledgersql"
	"github.com/galley-db/galley/store"
)

// Batches implements [store.Backend]. It reads a snapshot and blocks no writer.
func (db *DB) Batches(ctx context.Context, f store.BatchFilter) iter.Seq2[store.StoredBatch, error] {
	return ledgersql.Batches(ctx, db, f)
}

// Rejected implements [store.Backend]. A table of the caller's own that has the
// name of a quarantine is not one.
func (db *DB) Rejected(ctx context.Context, f store.RejectedFilter) iter.Seq2[store.RejectedRow, error] {
	return func(yield func(store.RejectedRow, error) bool) {
		there, err := store.Value[bool](ctx, db, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE)
			AND NOT EXISTS (SELECT 1 FROM galley_columns WHERE "table" = ?1 COLLATE NOCASE)`, f.Table+store.RejectsSuffix)
		if err != nil {
			yield(store.RejectedRow{}, err)
		}
		if there {
			ledgersql.Rejected(ctx, db, f)(yield)
		}
	}
}
