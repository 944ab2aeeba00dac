package table

import (
	"context"
	"errors"
	"iter"

	"github.com/galley-db/galley/store"
)

// AppendSeq stores the rows of a sequence, Options.BatchRows at a time, each
// batch in its own transaction, in bounded memory. It returns the number of
// durable rows, also when err is not nil: these are the first n rows of the
// sequence, and no other row is stored.
//
// An error from the sequence ends AppendSeq and is returned unchanged; the rows
// before it are stored. No lock is held while the sequence runs. The sequence
// may take any time, and may use the same Table. It may use the memory that a
// row refers to (slices, maps, pointers) for the next row.
func (t *Table[T]) AppendSeq(ctx context.Context, rows iter.Seq2[T, error]) (n int64, err error) {
	batch := &held[T]{binder: t.binder}
	for row, rowErr := range rows {
		if rowErr != nil {
			if err := t.core.appendNext(ctx, batch, &n); err != nil {
				return n, err
			}
			return n, rowErr
		}
		c := t.copyRow(&row)
		batch.add(&row, c)
		c.free()
		if batch.len() == t.core.batch {
			if err := t.core.appendNext(ctx, batch, &n); err != nil {
				return n, err
			}
			batch = batch.emptied().(*held[T])
		}
	}
	err = t.core.appendNext(ctx, batch, &n)
	return n, err
}

// appendNext stores the rows behind the first n, and adds them to n.
func (c *core) appendNext(ctx context.Context, rows buffer, n *int64) error {
	if rows.len() == 0 {
		return nil
	}
	if _, err := c.insertRows(ctx, store.Batch{}, rows.all()); err != nil {
		return offset(err, int(*n))
	}
	*n += int64(rows.len())
	return nil
}

// offset makes a *RowError count from the beginning of the sequence.
func offset(err error, before int) error {
	var row *RowError
	if errors.As(err, &row) {
		row.Row += before
	}
	return err
}
