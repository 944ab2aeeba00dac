package cells

import (
	"context"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// keys calls found with the keys of a table's batches that meet a condition
// on the column key.
func BatchKeys(ctx context.Context, b store.Backend, table, where string, args []any, found func(string) bool) error {
	d := b.Dialect()
	s, err := schema.New("batches", []schema.Column{{Name: "key", Type: schema.Text}})
	if err != nil {
		return err
	}
	q := store.Select{
		Schema: s,
		SQL:    "SELECT key FROM " + store.TableSQL(b, "galley_batches") + " WHERE " + d.Quote("table") + " = " + d.Placeholder(1) + " AND " + where,
		Args:   append([]any{table}, args...),
	}
	return b.Query(ctx, q, func(r schema.Reader) (bool, error) { return found(r.Text(0)), nil })
}
