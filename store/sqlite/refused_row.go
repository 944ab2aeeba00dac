package sqlite

import (
	"fmt"
	"time"

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
	var w valueWriter
	writeCell(&w, 0, &e.plan.columns[column], cells[column])
	return w.value
}

// valueWriter is a schema.Writer that keeps what it is given.
type valueWriter struct{ value any }

func (w *valueWriter) Null(int)                 { w.value = nil }
func (w *valueWriter) Bool(_ int, v bool)       { w.value = v }
func (w *valueWriter) Int64(_ int, v int64)     { w.value = v }
func (w *valueWriter) Float64(_ int, v float64) { w.value = v }
func (w *valueWriter) Text(_ int, v string)     { w.value = v }
func (w *valueWriter) Time(_ int, v time.Time)  { w.value = v }
func (w *valueWriter) Blob(_ int, v []byte)     { w.value = append([]byte{}, v...) }
