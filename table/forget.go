package table

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/store"
)

// ErrNoBatchColumn is returned by Forget and Replace when no field of T is
// tagged batch, or the batch is from before there was one.
var ErrNoBatchColumn = store.ErrNoBatchColumn

// Forget removes the rows of a batch, also those in quarantine, and its mark,
// in one transaction, so that the key can be stored again. It finds them by the table's batch
// column: a string field with the tag option batch, which holds the key of
// the AppendOnce that each row came with (tag it index too where the table is
// large). It returns the number of rows removed from the table, 0 for a key that
// is not stored. ErrNoBatchColumn, with nothing removed, also says that none of
// the batch's rows carries its key: they were stored before the table had the
// column. After a commit whose outcome was unknown, Forget has been tried again,
// and may return 0 for rows that it did remove.
func (t *Table[T]) Forget(ctx context.Context, key string) (rows int64, err error) {
	if err := t.needKey(key); err != nil {
		return 0, err
	}
	err = t.retrier.Do(ctx, func(ctx context.Context) error {
		var err error
		rows, _, err = t.backend.Forget(ctx, t.schema, key)
		return err
	}, t.keyRetryable)
	if err != nil {
		return 0, fmt.Errorf("forget in table %q: %w", t.Name(), err)
	}
	return rows, nil
}

// Replace stores rows under a key instead of those that were stored under it
// before, if any, in one transaction. It is Forget and AppendOnce at once:
// nobody ever sees the table without either, and an error leaves the rows of
// before. Done again, it leaves the same rows.
func (t *Table[T]) Replace(ctx context.Context, key string, rows []T) (Result, error) {
	if err := t.needKey(key); err != nil {
		return Result{}, err
	}
	return t.insert(ctx, store.Batch{Key: key, Replace: true}, rows)
}
