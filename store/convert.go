package store

import (
	"fmt"
	"math"
	"strconv"

	"github.com/galley-db/galley/schema"
)

// convertValue writes column at of the row in r as column i, of type to. A
// value is converted only where it comes out the same.
func convertValue(w schema.Writer, i int, to *schema.Column, r *rowReader, at int) error {
	from := &r.columns[at]
	if r.IsNull(at) {
		w.Null(i) // the encoder refuses it where the column does
		return nil
	}
	misfit := func() error {
		return fmt.Errorf("a %v does not fit a %v: %w", from.Type, to.Type, schema.ErrOverflow)
	}
	switch to.Type {
	case schema.Bool:
		if from.Type != schema.Bool {
			return misfit()
		}
		w.Bool(i, r.Bool(at))
	case schema.Time:
		if from.Type != schema.Time {
			return misfit()
		}
		w.Time(i, r.Time(at))
	case schema.Float32, schema.Float64:
		x, ok := number(r, at, from)
		if !ok || (to.Type == schema.Float32 && !math.IsInf(x, 0) && float64(float32(x)) != x) {
			return misfit()
		}
		w.Float64(i, x)
	case schema.Text, schema.JSON:
		if from.Type != schema.Text && from.Type != schema.JSON {
			return misfit()
		}
		w.Text(i, r.Text(at))
	case schema.Blob, schema.Vector32, schema.Vector64:
		b := r.Blob(at)
		if from.Type != to.Type || (to.Dim != 0 && len(b) != to.Dim*vectorBytes(to.Type)) {
			return misfit()
		}
		w.Blob(i, b)
	default:
		return convertInteger(w, i, to, r, at, misfit)
	}
	return nil
}

// convertInteger writes an integer, a duration or an unsigned one.
func convertInteger(w schema.Writer, i int, to *schema.Column, r *rowReader, at int, misfit func() error) error {
	from := &r.columns[at]
	if from.Type == schema.Uint64 && from.Uint != schema.UintInt {
		if to.Type != schema.Uint64 || to.Uint != from.Uint {
			return misfit()
		}
		if to.Uint == schema.UintText {
			w.Text(i, r.Text(at))
		} else {
			w.Blob(i, r.Blob(at))
		}
		return nil
	}
	x, ok := number(r, at, from)
	if !ok {
		return misfit()
	}
	n := r.Int64(at)
	if from.Type == schema.Float32 || from.Type == schema.Float64 {
		if n = int64(x); float64(n) != x {
			return misfit()
		}
	}
	if low, high := integerRange(to.Type); n < low || n > high {
		return misfit()
	}
	if to.Type == schema.Uint64 && to.Uint == schema.UintText {
		digits := strconv.FormatInt(n, 10)
		w.Text(i, "00000000000000000000"[len(digits):]+digits)
		return nil
	}
	if to.Type == schema.Uint64 && to.Uint == schema.UintBlob {
		var b [8]byte
		for k := range b {
			b[k] = byte(uint64(n) >> (56 - 8*k))
		}
		w.Blob(i, b[:])
		return nil
	}
	w.Int64(i, n)
	return nil
}

// number is the value of a column of numbers, as far as a float64 goes.
func number(r *rowReader, at int, from *schema.Column) (float64, bool) {
	switch from.Type {
	case schema.Float32, schema.Float64:
		return r.Float64(at), true
	case schema.Int8, schema.Int16, schema.Int32, schema.Int64, schema.Uint8, schema.Uint16,
		schema.Uint32, schema.Bool, schema.Duration:
	case schema.Uint64:
		if from.Uint != schema.UintInt {
			return 0, false
		}
	default:
		return 0, false
	}
	n := r.Int64(at)
	return float64(n), true
}

func integerRange(t schema.Type) (low, high int64) {
	switch t {
	case schema.Int8:
		return math.MinInt8, math.MaxInt8
	case schema.Int16:
		return math.MinInt16, math.MaxInt16
	case schema.Int32:
		return math.MinInt32, math.MaxInt32
	case schema.Uint8:
		return 0, math.MaxUint8
	case schema.Uint16:
		return 0, math.MaxUint16
	case schema.Uint32:
		return 0, math.MaxUint32
	case schema.Uint64:
		return 0, math.MaxInt64
	}
	return math.MinInt64, math.MaxInt64
}

func vectorBytes(t schema.Type) int {
	if t == schema.Vector32 {
		return 4
	}
	return 8
}
