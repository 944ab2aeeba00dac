package sqlite

import (
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// cellReader gives the values of a row of a galley table that is at hand as a
// record. The table is STRICT and was compared with the schema, as for a
// rowReader.
type cellReader struct {
	columns  []schema.Column
	defaults []record.Cell // of columns that a record does not have
	cells    []record.Cell
	texts    []textCache // of each column
	err      error       // the first value that could not be read
}

// take makes rec the row.
func (r *cellReader) take(rec []byte) (err error) {
	r.cells, err = record.Parse(rec, r.cells)
	if n := len(r.cells); n < len(r.columns) { // a row from before a column was added
		r.cells = append(r.cells, r.defaults[n:]...)
	}
	return err
}

// cellOf is the first column of the row that st stands on.
func cellOf(st *sqlite3.Stmt) record.Cell {
	switch st.ColumnType(0) {
	case sqlite3.INTEGER:
		return record.IntegerCell(st.ColumnInt64(0))
	case sqlite3.FLOAT:
		return record.RealCell(st.ColumnFloat(0))
	case sqlite3.TEXT:
		return record.TextCell(st.ColumnText(0))
	case sqlite3.BLOB:
		return record.BlobCell(st.ColumnBlob(0, nil))
	}
	return record.Cell{}
}

// Err is the first value of the row that could not be read: see [ReadError].
func (r *cellReader) Err() error { return r.err }

var kindNames = [...]string{record.Null: "NULL", record.Integer: "INTEGER", record.Real: "FLOAT", record.Text: "TEXT", record.Blob: "BLOB"}

// has is as a rowReader's.
func (r *cellReader) has(i int, want, or record.Kind) bool {
	got := r.cells[i].Kind()
	if got == want || got == or {
		return true
	}
	c := &r.columns[i]
	switch {
	case r.err != nil:
	case got != record.Null:
		r.err = misread(c, string(r.cells[i].Bytes()), kindNames[got], kindNames[want])
	case !c.Nullable && !c.NaNNull:
		r.err = &schema.ValueError{Column: c.Name, Err: schema.ErrNull}
	}
	return false
}

func (r *cellReader) IsNull(i int) bool { return r.cells[i].Serial == 0 }

func (r *cellReader) Bool(i int) bool {
	is, err := r.columns[i].BoolOf(r.Int64(i))
	if err != nil && r.err == nil {
		r.err = err
	}
	return is
}

func (r *cellReader) Int64(i int) int64 {
	if !r.has(i, record.Integer, record.Integer) {
		return 0
	}
	return r.cells[i].Int64()
}

func (r *cellReader) Float64(i int) float64 {
	if !r.has(i, record.Real, record.Integer) {
		return 0
	}
	return r.cells[i].Float64()
}

func (r *cellReader) Blob(i int) []byte {
	if !r.has(i, record.Blob, record.Blob) {
		return nil
	}
	return r.cells[i].Bytes()
}

func (r *cellReader) Text(i int) string { return r.texts[i].keep(r.TextBytes(i)) }

// TextBytes is Text without a string.
func (r *cellReader) TextBytes(i int) []byte {
	if !r.has(i, record.Text, record.Text) {
		return nil
	}
	return r.cells[i].Bytes()
}

func (r *cellReader) Time(i int) time.Time {
	t, err := timeOf(&r.columns[i], r, i)
	if err != nil && r.err == nil {
		r.err = err
	}
	return t
}

// timeOf reads a time as its column keeps it.
func timeOf(c *schema.Column, r schema.Reader, i int) (time.Time, error) {
	if r.IsNull(i) && c.Nullable {
		return time.Time{}, nil
	}
	if c.Unit != schema.RFC3339 {
		return c.TimeOf(r.Int64(i)), nil
	}
	text := r.Text(i)
	t, err := c.ParseTime(text)
	if err != nil {
		return t, &schema.ValueError{Column: c.Name, Value: text, Err: err}
	}
	return t, nil
}
