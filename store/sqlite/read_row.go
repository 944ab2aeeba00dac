package sqlite

import (
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
)

// rowReader gives the values of the row of a galley table that a statement
// stands on. The table is STRICT and was compared with the schema: a value's
// type is its column's, and nothing is looked at twice.
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

func (r *rowReader) IsNull(i int) bool     { return r.stmt.ColumnType(i) == sqlite3.NULL }
func (r *rowReader) Bool(i int) bool       { return r.stmt.ColumnInt64(i) != 0 }
func (r *rowReader) Int64(i int) int64     { return r.stmt.ColumnInt64(i) }
func (r *rowReader) Float64(i int) float64 { return r.stmt.ColumnFloat(i) }
func (r *rowReader) Blob(i int) []byte     { return r.stmt.ColumnRawBlob(i) }
func (r *rowReader) Text(i int) string     { return r.texts[i].keep(r.stmt.ColumnRawText(i)) }

// TextBytes is Text without a string.
func (r *rowReader) TextBytes(i int) []byte { return r.stmt.ColumnRawText(i) }

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
