package store

import (
	"errors"
	"fmt"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
)

// write writes a batch and its key into the transaction.
func (w *writer) write(r *request) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	b, e := r.batch, r.batch.encoded
	if err := w.verify(e.plan); err != nil {
		return err
	}
	r.result = Result{Applied: true, Rejected: int64(len(e.rejects))}
	if b.Replace || b.Mode != schema.Append {
		// What it is to find in the table may be waiting in an image.
		if err := w.images.flush(w); err != nil {
			return err
		}
	}
	if b.Replace {
		removed, _, err := w.forget(b.Schema, b.Key)
		if err != nil {
			return err
		}
		r.result.Removed = removed
	}
	if b.Key != "" {
		fresh, err := w.mark(b)
		if err != nil {
			return err
		}
		if !fresh {
			r.result = Result{}
			return nil
		}
	}
	if err := w.reject(b, e.rejects); err != nil {
		return err
	}
	return w.store(r)
}

// store writes the rows of a batch as its mode says.
func (w *writer) store(r *request) error {
	b, e := r.batch, r.batch.encoded
	if b.Mode == schema.Append {
		if later, err := w.images.add(e); later || err != nil {
			r.result.Inserted = int64(e.rows)
			return err
		}
	}
	res, err := w.insertRows(b.Mode, e, r.ctx.Err)
	r.result.Inserted, r.result.Changed, r.result.Left = res.Inserted, res.Changed, res.Left
	return err
}

// insertRows writes records by statements.
func (w *writer) insertRows(mode schema.Mode, e *encoded, stop func() error) (res Result, err error) {
	all := int64(e.rows)
	switch mode {
	case schema.Upsert:
		res.Inserted, res.Changed, err = w.upsert(e, stop)
	default:
		res.Inserted, err = w.inserter(e.plan, mode).insert(e, stop)
	}
	res.Left = all - res.Inserted - res.Changed
	return res, err
}

// locate finds out which row of a failed batch broke a constraint, by
// writing them one at a time in a transaction that is rolled back.
func (w *writer) locate(r *request, err error) error {
	e := r.batch.encoded
	if !errors.Is(err, sqlite3.CONSTRAINT) || len(e.images) > 0 || w.start() != nil {
		return err
	}
	defer w.undo()
	row, rowErr := w.firstRefused(r.batch)
	if rowErr == nil {
		return err
	}
	re := e.plan.rowError(row, fmt.Errorf("%w: %w", ErrConstraint, rowErr))
	re.Column = constraintColumn(rowErr)
	return re
}
