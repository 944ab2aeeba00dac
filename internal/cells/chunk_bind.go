package cells

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"unsafe"

	"github.com/galley-db/galley/schema"
)

// Len is the number of rows.
func (c *Chunk) Len() int { return c.Rows }

// Bind writes row i into w.
func (c *Chunk) Bind(i int, w schema.Writer) error {
	for k := range c.Columns {
		col, v := &c.Columns[k], &c.Cells[k]
		if v.Nulls != nil && v.IsNull(i) {
			w.Null(k)
			continue
		}
		switch v.Form {
		case AsFloat:
			w.Float64(k, v.Floats[i])
		case AsInt:
			if err := bindInt(col, v.Ints[i], k, w); err != nil {
				return err
			}
		case AsBytes:
			if err := bindBytes(col, v.At(i), k, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// bindInt writes what a chunk keeps as an integer.
func bindInt(col *schema.Column, n int64, k int, w schema.Writer) error {
	switch col.Type {
	case schema.Bool:
		w.Bool(k, n != 0)
	case schema.Time:
		w.Time(k, col.TimeOf(n))
	case schema.Uint64:
		switch {
		case col.Uint == schema.UintText:
			w.Text(k, fmt.Sprintf("%020d", uint64(n)))
		case col.Uint == schema.UintBlob:
			w.Blob(k, binary.BigEndian.AppendUint64(nil, uint64(n)))
		case n < 0:
			return &schema.ValueError{Column: col.Name, Value: uint64(n), Err: schema.ErrUintRange}
		default:
			w.Int64(k, n)
		}
	default:
		if low, high := IntRange(col.Type); n < low || n > high {
			return &schema.ValueError{Column: col.Name, Value: n, Err: schema.ErrOverflow}
		}
		w.Int64(k, n)
	}
	return nil
}

// bindBytes writes what a chunk keeps as bytes. A Writer keeps nothing of it.
func bindBytes(col *schema.Column, b []byte, k int, w schema.Writer) error {
	if col.Type == schema.Time {
		t, err := col.ParseTime(View(b))
		if err != nil {
			return err
		}
		w.Time(k, t)
		return nil
	}
	if col.Type == schema.Text { // which the Writer checks
		w.Text(k, View(b))
		return nil
	}
	if err := checkBytes(col, b); err != nil {
		return err
	}
	if col.Type == schema.JSON {
		w.Text(k, View(b))
	} else {
		w.Blob(k, notNil(b))
	}
	return nil
}

// checkBytes returns a *schema.ValueError for text that is not UTF-8, JSON that
// is not valid, and a vector of another length than its column's.
func checkBytes(col *schema.Column, b []byte) error {
	switch col.Type {
	case schema.JSON:
		if !json.Valid(b) {
			return &schema.ValueError{Column: col.Name, Value: string(b), Err: schema.ErrJSON}
		}
	case schema.Text:
		if err := col.CheckText(View(b)); err != nil {
			return Copied(err)
		}
	case schema.Vector32, schema.Vector64:
		if width := VectorWidth(col.Type); len(b)%width != 0 || col.Dim > 0 && len(b) != col.Dim*width {
			return &schema.ValueError{Column: col.Name, Value: append([]byte(nil), b...), Err: schema.ErrVectorLen}
		}
	}
	return nil
}

// notNil keeps an empty value apart from NULL, which nil may stand for.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// view is b as text, without a copy: valid as long as b does not change.
func View(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func VectorWidth(t schema.Type) int {
	if t == schema.Vector32 {
		return 4
	}
	return 8
}

// IntRange is the range of the integers in the cells of a type. Those of a uint64
// are its 64 bits, and those of a bool are 0 and 1.
func IntRange(t schema.Type) (low, high int64) {
	switch t {
	case schema.Bool:
		return 0, 1
	case schema.Uint64:
		return math.MinInt64, math.MaxInt64
	}
	return t.Range()
}
