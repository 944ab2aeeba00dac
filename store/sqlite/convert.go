package sqlite

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/galley-db/galley/schema"
)

// convertValue writes column at of the row in r as column i, of type to. A
// value is converted only where it comes out the same: the error is a
// *schema.ValueError.
func convertValue(w schema.Writer, i int, to *schema.Column, r *rowReader, at int) error {
	from := &r.columns[at]
	if r.IsNull(at) {
		if !to.Nullable {
			return &schema.ValueError{Column: to.Name, Err: fmt.Errorf("cannot store NULL in a NOT NULL column: %w", schema.ErrNull)}
		}
		w.Null(i)
		return nil
	}
	fits := false
	var value any
	switch {
	case from.Type == schema.Time || to.Type == schema.Time:
		if from.Type == schema.Time && to.Type == schema.Time {
			t := r.Time(at)
			fits, value = sameTime(t, to), t
			w.Time(i, t)
		}
	case from.Type == schema.Text || from.Type == schema.JSON:
		text := r.Text(at)
		value = text
		if fits = to.Type == schema.Text || to.Type == schema.JSON && json.Valid([]byte(text)); fits {
			w.Text(i, text)
		}
	case from.Type == schema.Blob:
		blob := r.Blob(at)
		value = append([]byte(nil), blob...)
		if fits = to.Type == schema.Blob; fits {
			w.Blob(i, blob)
		}
	case isVector(from) || isVector(to):
		if isVector(from) && isVector(to) {
			var blob []byte
			if blob, fits = convertVector(r.Blob(at), from, to); fits {
				w.Blob(i, blob)
			}
		}
	case isFloat(from):
		x := r.Float64(at)
		value, fits = x, convertFloat(w, i, to, x)
	default:
		n := integerOf(r, at)
		value, fits = n.value(), convertInteger(w, i, to, n)
	}
	if !fits {
		return &schema.ValueError{Column: to.Name, Value: value, Err: fmt.Errorf("cannot convert %s to %s: %w", from.Spec(), to.Spec(), schema.ErrOverflow)}
	}
	return nil
}

// sameTime reports whether a time can be stored in a column without being
// rounded.
func sameTime(t time.Time, to *schema.Column) bool {
	if to.Unit == schema.RFC3339 {
		_, err := to.FormatTime(t)
		return err == nil
	}
	n, err := to.UnixTime(t)
	return err == nil && to.TimeOf(n).Equal(t)
}

// integer is a stored whole number, with what an int64 lacks of a uint64.
type integer struct {
	signed int64
	large  uint64 // above math.MaxInt64, or 0
}

// integerOf reads a column of whole numbers in any of their forms.
func integerOf(r *rowReader, at int) integer {
	u := uint64(0)
	switch c := &r.columns[at]; {
	case c.Type != schema.Uint64 || c.Uint == schema.UintInt:
		return integer{signed: r.Int64(at)}
	case c.Uint == schema.UintText:
		n, err := strconv.ParseUint(r.Text(at), 10, 64)
		if err != nil && r.err == nil {
			r.err = &schema.ValueError{Column: c.Name, Value: r.Text(at), Err: err}
		}
		u = n
	default:
		if b := r.Blob(at); len(b) == 8 {
			u = binary.BigEndian.Uint64(b)
		} else if r.err == nil {
			r.err = &schema.ValueError{Column: c.Name, Value: append([]byte(nil), b...), Err: schema.ErrOverflow}
		}
	}
	if u > math.MaxInt64 {
		return integer{large: u}
	}
	return integer{signed: int64(u)}
}

func (n integer) value() any {
	if n.large > 0 {
		return n.large
	}
	return n.signed
}

// float is the number as a float, and whether it is the same.
func (n integer) float() (x float64, same bool) {
	if n.large > 0 {
		x = float64(n.large)
		return x, x < 1<<64 && uint64(x) == n.large
	}
	x = float64(n.signed)
	return x, x < 1<<63 && int64(x) == n.signed
}

// convertInteger writes a whole number as any number, and reports false where
// it does not fit.
func convertInteger(w schema.Writer, i int, to *schema.Column, n integer) bool {
	u := uint64(n.signed)
	if n.large > 0 {
		u = n.large
	}
	if to.Type == schema.Uint64 && to.Uint != schema.UintInt {
		if n.signed < 0 {
			return false
		}
		if to.Uint == schema.UintText {
			w.Text(i, fmt.Sprintf("%020d", u))
		} else {
			w.Blob(i, binary.BigEndian.AppendUint64(nil, u))
		}
		return true
	}
	switch to.Type {
	case schema.Float32, schema.Float64:
		x, same := n.float()
		w.Float64(i, x)
		return same && (to.Type == schema.Float64 || float64(float32(x)) == x)
	}
	if n.large > 0 {
		return false
	}
	switch to.Type {
	case schema.Text, schema.JSON, schema.Blob:
		return false
	case schema.Bool:
		w.Bool(i, n.signed == 1)
		return n.signed == 0 || n.signed == 1
	}
	low, high := to.Type.Range()
	w.Int64(i, n.signed)
	return low <= n.signed && n.signed <= high
}

// convertFloat writes a float as any number, and reports false where it does
// not fit.
func convertFloat(w schema.Writer, i int, to *schema.Column, x float64) bool {
	switch to.Type {
	case schema.Float64:
		w.Float64(i, x)
		return true
	case schema.Float32:
		w.Float64(i, x)
		return float64(float32(x)) == x
	}
	if x != math.Trunc(x) || x < -1<<63 || x >= 1<<63 {
		return false
	}
	return convertInteger(w, i, to, integer{signed: int64(x)})
}

func isVector(c *schema.Column) bool {
	return c.Type == schema.Vector32 || c.Type == schema.Vector64
}

func isFloat(c *schema.Column) bool {
	return c.Type == schema.Float32 || c.Type == schema.Float64
}

// convertVector returns the floats of one column as those of another.
func convertVector(b []byte, from, to *schema.Column) ([]byte, bool) {
	size := map[schema.Type]int{schema.Vector32: 4, schema.Vector64: 8}
	n := len(b) / size[from.Type]
	if len(b)%size[from.Type] != 0 || to.Dim != 0 && n != to.Dim {
		return nil, false
	}
	if from.Type == to.Type {
		return b, true
	}
	var out []byte
	for k := range n {
		if from.Type == schema.Vector32 {
			x := math.Float32frombits(binary.LittleEndian.Uint32(b[4*k:]))
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(float64(x)))
			continue
		}
		x := math.Float64frombits(binary.LittleEndian.Uint64(b[8*k:]))
		if x == x && float64(float32(x)) != x {
			return nil, false
		}
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(x)))
	}
	return out, true
}
