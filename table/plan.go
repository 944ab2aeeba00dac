package table

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Plan returns the changes that would make the table fit T, with the SQL and
// the risk of each, and changes nothing. name is the table's name, "" for T's
// own. For a table that does not exist Plan returns no changes; Open creates
// it.
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
