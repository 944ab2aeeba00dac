package table

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Plan returns the changes that would make the table of Open with the same
// options fit T, with the SQL and the risk of each, and changes nothing. It
// returns them whether or not Options.Evolve permits them. For a table that does
// not exist Plan returns no changes; Open creates it.
func Plan[T any](ctx context.Context, b store.Backend, opts Options[T]) ([]schema.Change, error) {
	s, err := opts.schema()
	if err != nil {
		return nil, err
	}
	have, err := b.Describe(ctx, s.Name())
	if err != nil {
		return nil, fmt.Errorf("plan table %q: %w", s.Name(), err)
	}
	if have == nil {
		return nil, nil
	}
	return schema.Diff(s, have), nil
}
