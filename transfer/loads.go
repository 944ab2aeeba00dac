package transfer

import (
	"context"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// loader is a destination that creates the indexes of a new table after its rows.
type loader interface {
	EnsureForLoad(ctx context.Context, s *schema.Schema, how store.Evolution) (missing bool, err error)
}

// loads are the tables whose indexes are created after their rows.
type loads []*schema.Schema

// ensure creates or changes a table that is about to be filled.
func (l *loads) ensure(ctx context.Context, dst store.Backend, s *schema.Schema, how store.Evolution) error {
	to, ok := dst.(loader)
	if !ok {
		return dst.Ensure(ctx, s, how)
	}
	missing, err := to.EnsureForLoad(ctx, s, how)
	if missing {
		*l = append(*l, s)
	}
	return err
}

// finish creates the indexes. If the load was interrupted, it leaves them to the next
// one, or to the next program that opens the table.
func (l *loads) finish(ctx context.Context, dst store.Backend, r backoff.Retrier) error {
	for _, s := range *l {
		err := r.Do(ctx, func(ctx context.Context) error {
			have, err := dst.Describe(ctx, s.Name())
			if err != nil || have == nil {
				return err
			}
			return dst.Ensure(ctx, have, store.Strict)
		}, dst.Retryable)
		if err != nil {
			return err
		}
	}
	*l = nil
	return nil
}
