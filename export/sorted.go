package export

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// ordered is the rows of the file that exists, in the order of the key. A
// file that has it already, as each merge leaves it, is read as it is; the
// rows of another are put in order in a database of their own.
func (j *job) ordered(ctx context.Context, w *writing, open func() (formats.Decoder, error)) (cells.Stream, error) {
	d, err := open()
	if err != nil {
		return cells.Stream{}, err
	}
	defer func() { _ = d.Close() }()
	var places []int
	for _, name := range j.key {
		i, ok := d.Schema().Column(name)
		if !ok {
			return cells.Stream{}, &MergeError{File: j.name, Table: j.table.Name, Column: name, Reason: "is part of the key, and the file has it not"}
		}
		places = append(places, i)
	}
	if yes, err := inOrder(ctx, d, places); err != nil {
		return cells.Stream{}, err
	} else if yes {
		return fileStream(d.Schema(), open), nil
	}
	again, err := open()
	if err != nil {
		return cells.Stream{}, err
	}
	defer func() { _ = again.Close() }()
	s, remove, err := sorted(ctx, again.Schema(), decoded(again), j.key, w.opts.TempDir)
	if err == nil {
		w.tidy = append(w.tidy, remove)
	}
	return s, err
}

// inOrder reports whether the rows of a file are ordered by its key columns.
func inOrder(ctx context.Context, d formats.Decoder, key []int) (bool, error) {
	c, last := cells.New(d.Schema()), cells.New(d.Schema())
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if err := d.Next(c); err != nil {
			return false, err
		}
		if c.Rows == 0 {
			return true, nil
		}
		if last.Rows > 0 && compareRows(last, last.Rows-1, c, 0, key) > 0 {
			return false, nil
		}
		for k := 1; k < c.Rows; k++ {
			if compareRows(c, k-1, c, k, key) > 0 {
				return false, nil
			}
		}
		c, last = last, c
	}
}

// sorted is rows ordered by a key. They are put into a table of their own for
// that, in a file that remove removes. After the last chunk next returns nil, or
// one without rows.
func sorted(ctx context.Context, s *schema.Schema, next func() (*cells.Chunk, error), key []string, folder string) (rows cells.Stream, remove func(), err error) {
	dir, err := os.MkdirTemp(folder, "galley-merge-")
	if err != nil {
		return cells.Stream{}, nil, err
	}
	db, err := sqlite.Open(ctx, filepath.Join(dir, "merge.db"), sqlite.Options{CacheKiB: 16_000})
	if err != nil {
		_ = os.RemoveAll(dir)
		return cells.Stream{}, nil, err
	}
	remove = func() {
		_ = db.Close()
		_ = os.RemoveAll(dir)
	}
	columns := slices.Clone(s.Columns())
	for i := range columns {
		columns[i] = cells.Plain(columns[i])
	}
	table, err := schema.New("merged", columns)
	if err == nil {
		err = db.Ensure(ctx, table, store.Strict)
	}
	for err == nil {
		var c *cells.Chunk
		if c, err = next(); err != nil || c == nil || c.Rows == 0 {
			break
		}
		_, err = store.Insert(ctx, db, &store.Batch{Schema: table, Rows: c})
	}
	if err != nil {
		remove()
		return cells.Stream{}, nil, err
	}
	return cells.TableStream(db, store.Select{Schema: table, OrderBy: orderBy(db.Dialect(), table, key)}), remove, nil
}
