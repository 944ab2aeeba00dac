package cells

import (
	"context"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Count counts the rows of a table.
func Count(ctx context.Context, b store.Backend, table, where string, args []any) (n int64, err error) {
	s, err := schema.New("count", []schema.Column{{Name: "n", Type: schema.Int64}})
	if err != nil {
		return 0, err
	}
	sql := "SELECT count(*) AS n FROM " + store.TableSQL(b, table)
	if where != "" {
		sql += " WHERE " + where
	}
	// A router of shards answers with a row for each of them.
	err = store.Single(ctx, b, store.Select{Schema: s, SQL: sql, Args: args}, func(r schema.Reader) error {
		n = r.Int64(0)
		return store.ReadError(r)
	})
	return n, err
}
