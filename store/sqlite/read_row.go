package sqlite

import (
	"fmt"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// rowReader gives the values of the row of a table that a statement stands on.
// The table was compared with the schema, and each value is compared with its
// column: a table that is STRICT now may have been otherwise.
type rowReader struct {
	stmt    *sqlite3.Stmt
	columns []schema.Column
	texts   []textCache // of each column
	err     error       // the first value that could not be read
}

func newRowReader(s *sqlite3.Stmt, columns []schema.Column) rowReader {
	return rowReader{stmt: s, columns: columns, texts: make([]textCache, len(columns))}
}

// Err is the first value of the row that could not be read: see [ReadError].
func (r *rowReader) Err() error { return r.err }

// has reports whether the value that stands at place at of the result has one of
// two types, and records the first that has neither. NULL has none, and is an
// error only where the column cannot be NULL.
func (r *rowReader) has(i, at int, want, or sqlite3.Datatype) bool {
	got := r.stmt.ColumnType(at)
	if got == want || got == or {
		return true
	}
	c := &r.columns[i]
	switch {
	case got != sqlite3.NULL:
		r.fail(misread(c, r.stmt.ColumnText(at), got, want))
	case !c.Nullable && !c.NaNNull:
		r.fail(&schema.ValueError{Column: c.Name, Err: schema.ErrNull})
	}
	return false
}

// misread says that a value is of another type than its column.
func misread(c *schema.Column, value, got, want any) error {
	return &schema.ValueError{Column: c.Name, Value: value, Err: fmt.Errorf("%w: the value is %v, want %v", store.ErrQuery, got, want)}
}

func (r *rowReader) IsNull(i int) bool { return r.stmt.ColumnType(i) == sqlite3.NULL }
func (r *rowReader) Bool(i int) bool   { return r.bool(i, r.Int64(i)) }

// bool is an integer as a value of a column that holds truth values.
func (r *rowReader) bool(i int, n int64) bool {
	is, err := r.columns[i].BoolOf(n)
	if err != nil {
		r.fail(err)
	}
	return is
}

func (r *rowReader) Int64(i int) int64 {
	if !r.has(i, i, sqlite3.INTEGER, sqlite3.INTEGER) {
		return 0
	}
	return r.stmt.ColumnInt64(i)
}

func (r *rowReader) Float64(i int) float64 {
	return r.float(i, i)
}

// float reads the number at place at of the result. An integer that would be
// rounded is an error.
func (r *rowReader) float(i, at int) float64 {
	if !r.has(i, at, sqlite3.FLOAT, sqlite3.INTEGER) {
		return 0
	}
	if r.stmt.ColumnType(at) == sqlite3.FLOAT {
		return r.stmt.ColumnFloat(at)
	}
	f, err := r.columns[i].FloatOf(r.stmt.ColumnInt64(at))
	if err != nil {
		r.fail(err)
	}
	return f
}

func (r *rowReader) Blob(i int) []byte {
	if !r.has(i, i, sqlite3.BLOB, sqlite3.BLOB) {
		return nil
	}
	return r.stmt.ColumnRawBlob(i)
}

func (r *rowReader) Text(i int) string { return r.texts[i].keep(r.TextBytes(i)) }

// TextBytes is Text without a string.
func (r *rowReader) TextBytes(i int) []byte {
	if !r.has(i, i, sqlite3.TEXT, sqlite3.TEXT) {
		return nil
	}
	return r.stmt.ColumnRawText(i)
}

func (r *rowReader) Time(i int) time.Time {
	t, err := timeOf(&r.columns[i], r, i)
	if err != nil {
		r.fail(err)
	}
	return t
}

func (r *rowReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}
