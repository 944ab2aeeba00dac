package table

import (
	"context"
	"errors"
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

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
	_, err := t.core.insert(ctx, store.Batch{}, t.bound(rows))
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
	if err := t.core.needKey(key); err != nil {
		return false, err
	}
	res, err := t.core.insert(ctx, store.Batch{Key: key}, t.bound(rows))
	return res.Applied, err
}

// Upsert stores all rows by the table's key, in one transaction, or none. It
// inserts a row whose key is missing, and replaces the values of a row whose
// key exists. Of rows that share a key the last one remains. The Result counts
// the given rows as inserted, changed or unchanged; a row that is given twice
// counts twice. Everything else is as in Append. A trigger that drops rows
// (RAISE(IGNORE)) looks like an unchanged row, and counts as one. Each row is
// tried as an insert and then as an update, so a BEFORE INSERT trigger runs
// twice.
func (t *Table[T]) Upsert(ctx context.Context, rows []T) (Result, error) {
	return t.core.insert(ctx, store.Batch{Mode: schema.Upsert}, t.bound(rows))
}

// Ignore stores the rows that break neither the key nor a unique group, in one
// transaction, and skips the others, including duplicates within the call. The
// Result counts both. Every other broken rule (NOT NULL, CHECK, the errors of
// RowError) fails the whole call.
func (t *Table[T]) Ignore(ctx context.Context, rows []T) (Result, error) {
	return t.core.insert(ctx, store.Batch{Mode: schema.Ignore}, t.bound(rows))
}

// Replace replaces the rows stored under a key, if any, in one transaction. It
// is Forget and AppendOnce in one step: no reader sees the table without either
// batch, and after an error the old rows remain. Replace is idempotent.
func (t *Table[T]) Replace(ctx context.Context, key string, rows []T) (Result, error) {
	if err := t.core.needKey(key); err != nil {
		return Result{}, err
	}
	return t.core.insert(ctx, store.Batch{Key: key, Replace: true}, t.bound(rows))
}

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
	return t.core.forget(ctx, key)
}

func (c *core) forget(ctx context.Context, key string) (rows int64, err error) {
	if err := c.needKey(key); err != nil {
		return 0, err
	}
	err = store.Settle(ctx, c.backend, c.retrier.Do, func(ctx context.Context) (err error) {
		rows, err = c.backend.Forget(ctx, c.schema, key)
		if errors.Is(err, store.ErrNoBatch) {
			return nil
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("forget in table %q: %w", c.name(), err)
	}
	return rows, nil
}

// Mode selects what happens to a row whose key already exists.
type Mode = schema.Mode

// The modes of a [Batch]. The zero value is Append.
const (
	Append Mode = schema.Append // the row is refused, and its whole batch
	Upsert Mode = schema.Upsert // the row replaces the existing one
	Ignore Mode = schema.Ignore // the row is skipped
)

// Batch is what [Table.Insert] stores in one transaction.
type Batch[T any] struct {
	// Rows are the rows; Insert does not keep them. They must not change while
	// it runs.
	Rows []T
	// Mode is the mode; zero means Append.
	Mode Mode
	// Key, unless empty, stores the batch once, as AppendOnce does.
	Key string
	// Replace first removes the batch stored under Key, as [Table.Replace]
	// does.
	Replace bool
}

// Insert stores a batch. Append, AppendOnce, Upsert, Ignore and Replace are
// short forms of it, with the same promises. Insert also allows combinations,
// such as an Upsert under a key, and always returns a Result, which counts the
// quarantined rows.
func (t *Table[T]) Insert(ctx context.Context, b Batch[T]) (Result, error) {
	return t.core.insert(ctx, store.Batch{Mode: b.Mode, Key: b.Key, Replace: b.Replace}, t.bound(b.Rows))
}

// insert stores a batch of a caller.
func (c *core) insert(ctx context.Context, b store.Batch, rows store.Rows) (store.Result, error) {
	if err := notOfWriter(b.Key); err != nil {
		return store.Result{}, fmt.Errorf("table %q: %w", c.name(), err)
	}
	return c.insertRows(ctx, b, rows)
}

// insertRows passes a batch to the backend, as often as the Retrier says.
func (c *core) insertRows(ctx context.Context, b store.Batch, rows store.Rows) (store.Result, error) {
	b.Schema, b.Rows, b.Quarantine = c.schema, rows, c.quarantine
	res, err := store.InsertRetry(ctx, c.backend, &b, c.retrier.Do)
	if err != nil {
		return store.Result{}, fmt.Errorf("write to table %q: %w", c.name(), err)
	}
	return res, nil
}

func (t *Table[T]) bound(rows []T) store.Rows { return &boundRows[T]{t.binder, rows} }

// boundRows are typed rows as the store takes them.
type boundRows[T any] struct {
	binder schema.Binder[T]
	rows   []T
}

func (b *boundRows[T]) Len() int                          { return len(b.rows) }
func (b *boundRows[T]) Bind(i int, w schema.Writer) error { return b.binder.Bind(w, &b.rows[i]) }
