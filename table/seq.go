package table

import (
	"context"
	"errors"
	"iter"
)

// AppendSeq stores the rows of a sequence, Options.BatchRows at a time, each
// batch in its own transaction, in bounded memory. It returns the number of
// durable rows, also when err is not nil: these are the first n rows of the
// sequence, and no other row is stored.
//
// An error from the sequence ends AppendSeq and is returned unchanged; the rows
// before it are stored. No lock is held while the sequence runs. The sequence
// may take any time, and may use the same Table.
func (t *Table[T]) AppendSeq(ctx context.Context, rows iter.Seq2[T, error]) (n int64, err error) {
	batch := make([]T, 0, min(t.batch, defaultBatchRows))
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := t.Append(ctx, batch); err != nil {
			return offset(err, int(n))
		}
		n += int64(len(batch))
		clear(batch)
		batch = batch[:0]
		return nil
	}
	for row, rowErr := range rows {
		if rowErr != nil {
			if err := flush(); err != nil {
				return n, err
			}
			return n, rowErr
		}
		batch = append(batch, row)
		if len(batch) == t.batch {
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
