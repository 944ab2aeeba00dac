package table

import (
	"context"
	"fmt"
	"iter"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

var keySchema = mustSchema(schema.New("batches", []schema.Column{{Name: "key", Type: schema.Text}}))

// Done reports whether the batch of this key is stored.
func (t *Table[T]) Done(ctx context.Context, key string) (bool, error) {
	done := false
	err := t.keys(ctx, &key, func(string) bool { done = true; return false })
	if err != nil {
		return false, fmt.Errorf("table %q: %w", t.Name(), err)
	}
	return done, nil
}

// Keys returns the keys of the stored batches, oldest first.
func (t *Table[T]) Keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		stopped := false
		err := t.keys(ctx, nil, func(key string) bool {
			stopped = !yield(key, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield("", fmt.Errorf("keys of table %q: %w", t.Name(), err))
		}
	}
}

// keys runs through the ledger's rows of this table, or only that of one key.
func (t *Table[T]) keys(ctx context.Context, only *string, row func(key string) bool) error {
	d := t.backend.Dialect()
	q := store.Select{
		Schema: keySchema,
		SQL:    "SELECT key FROM " + store.TableSQL(t.backend, "galley_batches") + " WHERE " + d.Quote("table") + " = " + d.Placeholder(1),
		Args:   []any{t.Name()},
	}
	if only != nil {
		q.SQL += " AND key = " + d.Placeholder(2)
		q.Args = append(q.Args, *only)
	} else {
		q.SQL += " ORDER BY id"
	}
	return t.backend.Query(ctx, q, func(r schema.Reader) (bool, error) { return row(r.Text(0)), nil })
}
