package table

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Plan returns what it would take to make the table fit T, with the SQL and
// the risk of each change, and changes nothing. name is the table's, "" for
// T's own. A table that does not exist needs nothing but to be created: Plan
// returns no changes, and Open creates it.
func Plan[T any](ctx context.Context, b store.Backend, name string) ([]schema.Change, error) {
	s, err := schema.Of[T]()
	if err == nil && name != "" {
		s, err = s.Named(name)
	}
	if err != nil {
		return nil, fmt.Errorf("table: %w", err)
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
