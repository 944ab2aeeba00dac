package table

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/galley-db/galley/store"
)

// Done reports whether the batch of this key is stored. It returns ErrKey for a
// key that no batch can have.
func (t *Table[T]) Done(ctx context.Context, key string) (bool, error) {
	_, err := t.core.stored(ctx, key)
	if errors.Is(err, store.ErrNoBatch) {
		return false, nil
	}
	return err == nil, err
}

// Keys returns the keys of the stored batches, oldest first.
func (t *Table[T]) Keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { t.core.keys(ctx, yield) }
}

func (c *core) keys(ctx context.Context, yield func(string, error) bool) {
	for b, err := range c.backend.Batches(ctx, store.BatchFilter{Table: c.name()}) {
		if err != nil {
			err = fmt.Errorf("keys of table %q: %w", c.name(), err)
		}
		if !yield(b.Key, err) {
			return
		}
	}
}

// stored returns the ledger's entry for a key, or store.ErrNoBatch.
func (c *core) stored(ctx context.Context, key string) (store.StoredBatch, error) {
	b, err := store.FindBatch(ctx, c.backend, c.name(), key)
	if err != nil {
		err = fmt.Errorf("table %q: %w", c.name(), err)
	}
	return b, err
}

// Rejected returns the rows in the table's quarantine, oldest first. Without a
// quarantine it returns no rows. Everything else is as in [View.All].
func (t *Table[T]) Rejected(ctx context.Context) iter.Seq2[Rejected, error] {
	return func(yield func(Rejected, error) bool) { t.core.rejected(ctx, yield) }
}

func (c *core) rejected(ctx context.Context, yield func(Rejected, error) bool) {
	for row, err := range c.backend.Rejected(ctx, store.RejectedFilter{Table: c.name()}) {
		if err != nil {
			err = fmt.Errorf("quarantine of table %q: %w", c.name(), err)
		}
		if !yield(row, err) {
			return
		}
	}
}
