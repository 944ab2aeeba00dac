package table

import (
	"context"

	"github.com/galley-db/galley/store"
)

// Result says what happened to the rows of a call: inserted, changed, left
// as they were, put into quarantine, removed.
type Result = store.Result

// RowError names the row, column and value that could not be stored.
type RowError = store.RowError

// ErrCommitUnknown is returned when a commit failed in a way that leaves open
// whether the rows are stored. Append never tries again by itself then;
// AppendOnce does, and settles it by the key.
var ErrCommitUnknown = store.ErrCommitUnknown

// Append stores all rows in one transaction, or none. When it returns nil,
// they survive a crash of the process (and, with store.Full, a loss of
// power). rows is not kept, and must not change while Append runs.
//
// Rows are checked before the write lock is taken: the first that cannot be
// stored is a *[RowError]. While another process writes, Append tries again
// as Options.Retrier says, and "database is locked" is never returned: at
// worst a *backoff.ExhaustedError. When ctx ends, Append returns its error and
// nothing is stored, unless the commit had begun, in which case Append
// returns what became of it.
func (t *Table[T]) Append(ctx context.Context, rows []T) error {
	_, err := t.insert(ctx, store.Batch{}, rows)
	return err
}

// AppendOnce is Append under a key: rows and key are stored in the same
// transaction, and a key that is stored already makes AppendOnce do nothing
// and report applied=false. So a task that is run again, by whichever process
// and after whatever crash, stores its rows once. Keys are per table, at most
// 1,024 bytes of UTF-8. Zero rows are stored too: as a key that is done.
//
// A commit whose outcome is unknown is tried again under the same key.
func (t *Table[T]) AppendOnce(ctx context.Context, key string, rows []T) (applied bool, err error) {
	if err := t.needKey(key); err != nil {
		return false, err
	}
	res, err := t.insert(ctx, store.Batch{Key: key}, rows)
	return res.Applied, err
}
