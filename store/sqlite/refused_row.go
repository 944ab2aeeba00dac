package sqlite

import (
	"fmt"

	"github.com/galley-db/galley/internal/quarantine"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// refused says that the i-th record broke a constraint. Where the engine names
// a column, the error has the value that the record has there.
func (e *encoded) refused(i int, err error) *store.RowError {
	column := constraintColumn(e.plan.schema, err)
	err = fmt.Errorf("%w: %w", store.ErrConstraint, err)
	if at, ok := e.plan.schema.Column(column); ok {
		err = &schema.ValueError{Column: column, Value: e.value(i, at), Err: err}
	}
	return e.plan.rowError(i, err)
}

// value is the value of a column in the i-th record, nil for NULL.
func (e *encoded) value(i, column int) any {
	cells, err := record.Parse(e.record(i), nil)
	if err != nil || column >= len(cells) {
		return nil // it was encoded here: it can be parsed
	}
	var w quarantine.Value
	writeCell(&w, 0, &e.plan.columns[column], cells[column])
	return w.Value
}
