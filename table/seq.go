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
	batch := held[T]{binder: t.binder}
	flush := func() error {
		if batch.len() == 0 {
			return nil
		}
		if _, err := t.insertRows(ctx, store.Batch{}, batch.all()); err != nil {
			return offset(err, int(n))
		}
		n += int64(batch.len())
		batch = batch.emptied()
		return nil
	}
	for row, rowErr := range rows {
		if rowErr != nil {
			if err := flush(); err != nil {
				return n, err
			}
			return n, rowErr
		}
		c := t.copyRow(&row)
		batch.add(&row, c)
		c.free()
		if batch.len() == t.batch {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
	err = flush()
	return n, err
}

// offset makes a *RowError count from the beginning of the sequence.
func offset(err error, before int) error {
	var row *RowError
	if errors.As(err, &row) {
		row.Row += before
	}
	return err
}
