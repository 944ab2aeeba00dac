package export

import (
	"context"
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// keys calls found with the keys of a table's batches that meet a condition
// on the column key.
func keys(ctx context.Context, b store.Backend, table, where string, args []any, found func(string) bool) error {
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

// known tells whether the batch of this key is stored.
func (l *loading) known(ctx context.Context, key string) (bool, error) {
	there := false
	where := "key = " + l.to.Dialect().Placeholder(2)
	err := keys(ctx, l.to, l.opts.Table, where, []any{key}, func(string) bool { there = true; return false })
	return there, err
}

// consistent returns ErrSourceChanged where parts are stored under the prefix
// that are not of the content.
func (l *loading) consistent(ctx context.Context, prefix, content string) error {
	where := "substr(key, 1, " + fmt.Sprint(len([]rune(prefix))) + ") = " + l.to.Dialect().Placeholder(2)
	other := ""
	err := keys(ctx, l.to, l.opts.Table, where, []any{prefix}, func(key string) bool {
		if !strings.HasPrefix(key, content+"-") {
			other = key
		}
		return other == ""
	})
	if err == nil && other != "" {
		err = fmt.Errorf("%w: %s; restore the file, or import it into another table", ErrSourceChanged, other)
	}
	return err
}
