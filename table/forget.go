package table

import (
	"context"
	"errors"
	"fmt"

	"github.com/galley-db/galley/store"
)

// ErrNoBatchColumn is returned by Forget and Replace when no field of T is
// tagged batch, or when the batch is older than that column.
var ErrNoBatchColumn = store.ErrNoBatchColumn

// Forget removes the rows of a batch, including those in quarantine, and its
// ledger entry, in one transaction. The key can then be stored again. Forget
// finds the rows by the table's batch column: a string field with the tag
// option batch, which holds the key of the AppendOnce that each row came with.
// In a large table, tag it index too. Forget returns the number of rows removed
// from the table, 0 for a key that is not stored. It returns ErrNoBatchColumn
// and removes nothing if none of the batch's rows carries its key, because they
// were stored before the table had the column. After a commit with an unknown
// outcome Forget has retried, and may return 0 for rows that it removed.
func (t *Table[T]) Forget(ctx context.Context, key string) (rows int64, err error) {
	if err := t.needKey(key); err != nil {
		return 0, err
	}
	err = store.Settle(ctx, t.backend, t.retrier.Do, func(ctx context.Context) (err error) {
		rows, err = t.backend.Forget(ctx, t.schema, key)
		if errors.Is(err, store.ErrNoBatch) {
			return nil
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("forget in table %q: %w", t.Name(), err)
	}
	return rows, nil
}

// Replace replaces the rows stored under a key, if any, in one transaction. It
// is Forget and AppendOnce in one step: no reader sees the table without either
// batch, and after an error the old rows remain. Replace is idempotent.
func (t *Table[T]) Replace(ctx context.Context, key string, rows []T) (Result, error) {
	if err := t.needKey(key); err != nil {
		return Result{}, err
	}
	return t.insert(ctx, store.Batch{Key: key, Replace: true}, rows)
}
