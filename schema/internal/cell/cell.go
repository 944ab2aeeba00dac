// Package cell stores and reads the values that take more than one call of a
// Writer or a Reader. The binder of schema.Reflect and generated binders share
// it, so both store the same bytes and fail for the same reasons.
//
// A function that fails returns the value to show, nil for none, and the
// reason. Its caller adds the column's name.
package cell

import (
	"errors"
	"fmt"
	"time"
)

// Reasons to refuse a value. Package schema exports and documents them.
var (
	ErrVectorLen = errors.New("vector has the wrong length; make it as long as dim= says, or leave dim= out")
	ErrJSON      = errors.New("not valid JSON for this field; nil needs the null option")
	ErrOverflow  = errors.New("stored value does not fit the field; use a larger type")
	ErrBlobLen   = errors.New("blob has the wrong length for the array; correct the value, or use a []byte")
	ErrValue     = errors.New("Value must return what the column holds; correct it, or the tag's sql=")
	ErrNull      = errors.New("NULL does not fit the field; use a pointer or sql.Null[T], or tag it null")
)

// Writer is what this package needs of a schema.Writer.
type Writer interface {
	Null(i int)
	Bool(i int, v bool)
	Int64(i int, v int64)
	Float64(i int, v float64)
	Text(i int, v string)
	Blob(i int, v []byte)
	Time(i int, v time.Time)
}

// Reader is what this package needs of a schema.Reader.
type Reader interface {
	IsNull(i int) bool
	Bool(i int) bool
	Int64(i int) int64
	Float64(i int) float64
	Text(i int) string
	Blob(i int) []byte
	Time(i int) time.Time
}

// Place is the place of a value in a row.
type Place struct {
	Index int  // of the column
	Null  bool // NULL reads as the zero value, and nil is stored as NULL
}

// IsNull reports whether the value is NULL. It returns [ErrNull] if the column
// must not be NULL.
func (p Place) IsNull(r Reader) (bool, error) {
	switch {
	case !r.IsNull(p.Index):
		return false, nil
	case !p.Null:
		return true, ErrNull
	}
	return true, nil
}

// because returns a reason together with its cause. errors.Is finds both.
func because(reason, cause error) error { return fmt.Errorf("%w: %w", reason, cause) }
