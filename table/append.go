package table

import (
	"context"

	"github.com/galley-db/galley/store"
)

// Result counts what happened to the rows of a call: inserted, changed,
// unchanged, quarantined, removed.
type Result = store.Result

// RowError is the error for a row that could not be stored: row, column and
// value.
type RowError = store.RowError

// ErrCommitUnknown is returned when a commit failed and the rows may or may not
// be stored. Append does not retry then. AppendOnce does, and the key settles
// the outcome.
var ErrCommitUnknown = store.ErrCommitUnknown

// Append stores all rows in one transaction, or none. After it returns nil, the
// rows survive a crash of the process, and with sqlite.Full a power loss.
// Append does not keep rows; they must not change while it runs.
//
// Append checks the rows before it takes the write lock. The first row that
// cannot be stored gives a *RowError. While another process writes, Append
// retries as Options.Retrier says. It never returns "database is locked", at
// worst a *backoff.ExhaustedError. If ctx ends, Append returns the context's
// error and nothing is stored, unless the commit had begun. In that case Append
// returns the outcome of the commit.
func (t *Table[T]) Append(ctx context.Context, rows []T) error {
	_, err := t.insert(ctx, store.Batch{}, rows)
	return err
}

// AppendOnce is Append under a key: rows and key are stored in the same
// transaction. If the key is stored already, AppendOnce does nothing and
// returns applied=false. A task that is repeated, by any process and after any
// crash, therefore stores its rows once. Keys are per table, at most 1,024
// bytes of UTF-8. Those that end in "/" and 9 digits belong to Writers: ErrKey. A
// call with no rows stores the key too, as done.
//
// AppendOnce retries a commit with an unknown outcome under the same key.
func (t *Table[T]) AppendOnce(ctx context.Context, key string, rows []T) (applied bool, err error) {
	if err := t.needKey(key); err != nil {
		return false, err
	}
	res, err := t.insert(ctx, store.Batch{Key: key}, rows)
	return res.Applied, err
}
