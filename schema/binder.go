package schema

import "time"

// Writer takes the values of one row. Column i is the i-th of the schema's
// columns, counted from 0; a Binder calls exactly one method for each column,
// in ascending order. A Writer keeps nothing of v after the call returns.
//
// The methods do not fail: a value that its column cannot hold (a NaN, text
// that is not UTF-8, a time out of range) is remembered by the Writer, which
// reports the first one as a [*ValueError] after the row. Writers share the
// rules in [Column.CheckText], [Column.CheckFloat], [Column.UnixTime].
type Writer interface {
	Null(i int)
	Bool(i int, v bool)
	Int64(i int, v int64)
	Float64(i int, v float64)
	Text(i int, v string)
	Blob(i int, v []byte)
	Time(i int, v time.Time)
}

// Reader gives the values of one row; columns are counted as in [Writer].
// A value of another type than asked for, and a NULL, read as the zero value;
// the former is remembered by the Reader and reported after the row.
//
// The slice of Blob is valid until the next row. The string of Text may be
// kept.
type Reader interface {
	IsNull(i int) bool
	Bool(i int) bool
	Int64(i int) int64
	Float64(i int) float64
	Text(i int) string
	Blob(i int) []byte
	Time(i int) time.Time
}

// Binder moves rows of T into a [Writer] and out of a [Reader]. A Binder is
// safe for use by several goroutines at once.
type Binder[T any] interface {
	// Fingerprint is that of the schema the binder was made for.
	Fingerprint() string
	// Bind writes the columns of row. It returns a *ValueError where the row
	// cannot be put into columns at all (a MarshalText that fails, a vector
	// of the wrong length).
	Bind(w Writer, row *T) error
	// Scan sets all fields of row that have a column. It returns a
	// *ValueError where a value does not fit its field.
	Scan(r Reader, row *T) error
}
