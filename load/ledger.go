package load

import (
	"context"
	"fmt"
	"strings"

	"github.com/galley-db/galley/internal/cells"
)

// known reports whether the batch of this key is stored.
func (l *loading) known(ctx context.Context, key string) (bool, error) {
	there := false
	where := "key = " + l.to.Dialect().Placeholder(2)
	err := cells.BatchKeys(ctx, l.to, l.opts.Table, where, []any{key}, func(string) bool { there = true; return false })
	return there, err
}

// consistent returns ErrSourceChanged where parts are stored under the prefix
// that are not of the content.
func (l *loading) consistent(ctx context.Context, prefix, content string) error {
	where := "substr(key, 1, " + fmt.Sprint(len([]rune(prefix))) + ") = " + l.to.Dialect().Placeholder(2)
	other := ""
	err := cells.BatchKeys(ctx, l.to, l.opts.Table, where, []any{prefix}, func(key string) bool {
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
