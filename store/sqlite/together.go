package sqlite

import (
	"github.com/galley-db/galley/store"
)

// parts returns the batch and those of other tables that are stored with it.
func (in *insertion) parts() []*insertion { return append([]*insertion{in}, in.with...) }

// rows is the number of rows in all of the tables.
func (in *insertion) rows() int {
	n := in.encoded.rows
	for _, p := range in.with {
		n += p.encoded.rows
	}
	return n
}

// imaged reports whether rows of the batch are in page images.
func (in *insertion) imaged() bool {
	for _, p := range in.parts() {
		if p.encoded != nil && len(p.encoded.images) > 0 {
			return true
		}
	}
	return false
}

// together writes the rows of several tables and the key of each.
func (w *writer) together(r *request) error {
	var parts []*request
	have := &store.PartlyStoredError{Key: r.batch.Key}
	for _, in := range r.batch.parts() {
		p := &request{ctx: r.ctx, batch: in}
		if err := w.admit(p); err != nil {
			return err
		}
		parts = append(parts, p)
		if p.result.Applied {
			have.Missing = append(have.Missing, in.Schema.Name())
		} else {
			have.Stored = append(have.Stored, in.Schema.Name())
		}
	}
	switch {
	case len(have.Missing) == 0:
		r.result = store.Result{}
		return nil
	case len(have.Stored) > 0:
		return have
	}
	r.result = store.Result{Applied: true}
	for _, p := range parts {
		if !p.batch.encoded.plan.images {
			// Its rows are written at once, and may refer to rows before them.
			if err := w.images.flush(w); err != nil {
				return err
			}
		}
		if err := w.store(p); err != nil {
			return err
		}
		r.result.Inserted += p.result.Inserted
	}
	return nil
}
