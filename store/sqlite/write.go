package sqlite

import (
	"errors"
	"strings"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// write writes a batch and its key into the transaction.
func (w *writer) write(r *request) error {
	if len(r.batch.with) > 0 {
		return w.together(r)
	}
	if err := w.admit(r); err != nil || !r.result.Applied {
		return err
	}
	if err := w.store(r); err != nil {
		return err
	}
	return w.remark(r)
}

// admit does the work before a batch's rows: it removes the rows that they
// replace, records the key, and quarantines the rows that could not be encoded.
// If the key already exists, it leaves r.result.Applied false.
func (w *writer) admit(r *request) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	b, e := r.batch, r.batch.encoded
	if err := w.verify(e.plan); err != nil {
		return err
	}
	if b.RemovesRows() || b.Mode != schema.Append {
		if err := w.catchUp(b.Schema.Name()); err != nil {
			return err
		}
	}
	r.result = store.Result{Applied: true, Rejected: int64(len(e.rejects))}
	if b.Replace {
		if stored, err := w.replacedBefore(b); stored || err != nil {
			r.result = store.Result{}
			return err
		}
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
			r.result = store.Result{}
			return nil
		}
	}
	if err := w.agrees(b); err != nil {
		return err
	}
	removed, err := w.removes(b)
	if err != nil {
		return err
	}
	r.result.Removed += removed
	if err := w.carry(b); err != nil {
		return err
	}
	return w.reject(b, e.rejects)
}

// removes removes the batches that b takes the place of, but for the one under its
// own key.
func (w *writer) removes(b *insertion) (rows int64, err error) {
	for _, key := range b.Removes {
		n, _, err := w.forget(b.Schema, key)
		if err != nil {
			return 0, err
		}
		rows += n
	}
	return rows, nil
}

// catchUp writes the rows of the table that wait for the end of the
// transaction, for a batch that has to find them there.
func (w *writer) catchUp(table string) error {
	for _, s := range w.images.pending {
		if strings.EqualFold(s.plan.schema.Name(), table) {
			return w.images.flush(w)
		}
	}
	return nil
}

// errCrowded is a batch that cannot share its transaction: its rows are in an
// image, and there is no slot for one more.
var errCrowded = errors.New("no slot is left for the batch's image")

// store writes the rows of a batch as its mode says.
func (w *writer) store(r *request) error {
	b, e := r.batch, r.batch.encoded
	if b.Mode == schema.Append {
		if later, err := w.images.add(e); later || err != nil {
			r.result.Inserted = int64(e.rows)
			return err
		}
		if len(e.images) > 0 {
			return errCrowded
		}
	}
	res, err := w.insertRows(b.Mode, e, r.ctx.Err)
	r.result.Inserted, r.result.Changed, r.result.Unchanged = res.Inserted, res.Changed, res.Unchanged
	return err
}

// insertRows writes records by statements.
func (w *writer) insertRows(mode schema.Mode, e *encoded, stop func() error) (res store.Result, err error) {
	all := int64(e.rows)
	switch mode {
	case schema.Upsert:
		res.Inserted, res.Changed, err = w.upsert(e, stop)
	default:
		res.Inserted, err = w.inserter(e.plan, mode).insert(e, stop)
	}
	res.Unchanged = all - res.Inserted - res.Changed
	return res, err
}

// locate finds out which row of a failed batch broke a constraint, by
// writing them one at a time, instead of those that they replace, in a
// transaction that is rolled back.
func (w *writer) locate(r *request, err error) error {
	b := r.batch
	if !errors.Is(err, sqlite3.CONSTRAINT) || b.imaged() || w.start() != nil {
		return err
	}
	defer w.undo()
	if b.Replace {
		if _, _, err := w.forget(b.Schema, b.Key); err != nil {
			return err // it was none of the rows
		}
	}
	if _, err := w.removes(b); err != nil {
		return err
	}
	for _, p := range b.parts() {
		if row, rowErr := w.firstRefused(p); rowErr != nil {
			return p.encoded.refused(row, rowErr)
		}
	}
	return err
}
