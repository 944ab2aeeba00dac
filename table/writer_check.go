package table

import (
	"context"

	"github.com/galley-db/galley/store"
)

// check returns a *RowError for a row that cannot be stored, whatever is in the
// table. Quarantine takes such rows.
func (w *Writer[T]) check(row *T, c *rowCopy) error {
	if w.table.quarantine {
		return nil
	}
	if c != nil {
		return store.CheckRow(w.table.backend, w.table.schema, copiedRows{[]copied{{0, len(c.values), c.err}}, c.values}, 0)
	}
	return store.CheckRow(w.table.backend, w.table.schema, &boundRows[T]{w.table.binder, []T{*row}}, 0)
}

// Abandon is for the Close of the database.
func (w *Writer[T]) Abandon(cause error) (table string, rows int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone = cause
	for w.busy != nil && !w.closed {
		_ = w.await(context.Background(), w.busy) // ends soon: the database is closed
	}
	if w.closed { // Close returns its errors
		return w.table.Name(), 0
	}
	return w.table.Name(), int64(w.rows.len()) + w.errs.untold()
}
