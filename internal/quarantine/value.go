package quarantine

import (
	"time"

	"github.com/galley-db/galley/schema"
)

// Value is a [schema.Writer] that keeps the value of one column of a row, nil for NULL.
type Value struct {
	Column int
	Value  any
}

func (v *Value) set(i int, value any) {
	if i == v.Column {
		v.Value = value
	}
}

// Null implements [schema.Writer].
func (v *Value) Null(i int) { v.set(i, nil) }

// Bool implements [schema.Writer].
func (v *Value) Bool(i int, b bool) { v.set(i, b) }

// Int64 implements [schema.Writer].
func (v *Value) Int64(i int, n int64) { v.set(i, n) }

// Float64 implements [schema.Writer].
func (v *Value) Float64(i int, f float64) { v.set(i, f) }

// Text implements [schema.Writer].
func (v *Value) Text(i int, s string) { v.set(i, s) }

// Time implements [schema.Writer].
func (v *Value) Time(i int, t time.Time) { v.set(i, t) }

// Blob implements [schema.Writer]. The value is a copy.
func (v *Value) Blob(i int, b []byte) {
	if i == v.Column {
		v.Value = append([]byte{}, b...)
	}
}

var _ schema.Writer = (*Value)(nil)
