package transfer

import (
	"context"
	"errors"
	"fmt"

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

// finish creates the indexes, after a load that has returned err, and returns err and
// what stopped it. If the load was interrupted, it leaves them to the next one, or to
// the next program that opens the table.
func (l *loads) finish(ctx context.Context, dst store.Backend, r backoff.Retrier, err error) error {
	all := []error{err}
	tried := map[string]bool{}
	for _, s := range *l {
		if tried[s.Name()] {
			continue
		}
		tried[s.Name()] = true
		failed := r.Do(ctx, func(ctx context.Context) error {
			have, err := dst.Describe(ctx, s.Name())
			if err != nil || have == nil {
				return err
			}
			return dst.Ensure(ctx, have, store.Strict)
		}, dst.Retryable)
		if failed != nil {
			all = append(all, fmt.Errorf("table %q lacks indexes: run this again, or open the table for writing: %w", s.Name(), failed))
		}
	}
	*l = nil
	if len(all) == 1 {
		return err
	}
	return errors.Join(all...)
}
