package table

import (
	"context"
	"errors"
	"iter"
	"strings"

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

// offset makes a *RowError count from the beginning of the sequence, also in the
// text of the errors around it, which have it from before.
func offset(err error, before int) error {
	var row *RowError
	if before == 0 || !errors.As(err, &row) {
		return err
	}
	old := row.Error()
	row.Row += before
	return &offsetError{strings.Replace(err.Error(), old, row.Error(), 1), err}
}

// offsetError is an error with another text.
type offsetError struct {
	text string
	err  error
}

func (e *offsetError) Error() string { return e.text }
func (e *offsetError) Unwrap() error { return e.err }
