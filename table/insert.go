package table

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

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
	return t.insert(ctx, store.Batch{Mode: b.Mode, Key: b.Key, Replace: b.Replace}, b.Rows)
}

func (t *Table[T]) insert(ctx context.Context, b store.Batch, rows []T) (store.Result, error) {
	if key, ok := keyOfWriter(b.Key); ok {
		return store.Result{}, fmt.Errorf("table %q: %w: %q ends as the batches of a Writer with Key %q do, which would skip its own rows; let the key end in something else",
			t.Name(), store.ErrKey, b.Key, key)
	}
	return t.insertRows(ctx, b, &boundRows[T]{t.binder, rows})
}

// insertRows passes a batch to the backend, as often as the Retrier says.
func (t *Table[T]) insertRows(ctx context.Context, b store.Batch, rows store.Rows) (store.Result, error) {
	b.Schema, b.Rows, b.Quarantine = t.schema, rows, t.quarantine
	res, err := store.InsertRetry(ctx, t.backend, &b, t.retrier.Do)
	if err != nil {
		return store.Result{}, fmt.Errorf("write to table %q: %w", t.Name(), err)
	}
	return res, nil
}

func (t *Table[T]) needKey(key string) error {
	if key == "" {
		return fmt.Errorf("table %q: %w: it is empty; name what the rows are of, or use Append", t.Name(), store.ErrKey)
	}
	return nil
}

// boundRows are typed rows as the store takes them.
type boundRows[T any] struct {
	binder schema.Binder[T]
	rows   []T
}

func (b *boundRows[T]) Len() int                          { return len(b.rows) }
func (b *boundRows[T]) Bind(i int, w schema.Writer) error { return b.binder.Bind(w, &b.rows[i]) }
