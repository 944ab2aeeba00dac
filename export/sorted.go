package export

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// sorted is the rows of a file ordered by a key. They are put into a table of
// their own for that, in a file that remove removes.
func sorted(ctx context.Context, d decoder, key []string, folder string) (s stream, remove func(), err error) {
	dir, err := os.MkdirTemp(folder, "galley-merge-")
	if err != nil {
		return stream{}, nil, err
	}
	db, err := store.Open(ctx, filepath.Join(dir, "merge.db"), store.Options{CacheKiB: 16_000})
	if err != nil {
		_ = os.RemoveAll(dir)
		return stream{}, nil, err
	}
	remove = func() {
		_ = db.Close()
		_ = os.RemoveAll(dir)
	}
	columns := slices.Clone(d.schema().Columns())
	for i := range columns {
		columns[i] = plain(columns[i])
	}
	table, err := schema.New("merged", columns)
	if err == nil {
		err = db.Ensure(ctx, table, store.Strict)
	}
	c := (*chunk)(nil)
	if err == nil {
		c = newChunk(table)
	}
	for err == nil {
		if err = d.next(c); err != nil || c.rows == 0 {
			break
		}
		_, err = db.Insert(ctx, &store.Batch{Schema: table, Rows: c})
	}
	if err != nil {
		remove()
		return stream{}, nil, err
	}
	return tableStream(db, store.Select{Schema: table, OrderBy: orderBy(db.Dialect(), table, key)}), remove, nil
}
