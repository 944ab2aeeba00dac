package cells

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Add takes a row from a database. It returns a *schema.ValueError for a stored
// value that its column cannot hold, as the binder of a struct does: another
// program may have written it. The row is then not in the chunk.
func (c *Chunk) Add(r schema.Reader) error {
	err := c.add(r)
	if misread := store.ReadError(r); misread != nil {
		err = misread
	}
	if err != nil {
		c.Truncate(c.Rows)
		return err
	}
	c.Rows++
	return nil
}

func (c *Chunk) add(r schema.Reader) error {
	texts, raw := r.(store.TextBytes)
	for i := range c.Columns {
		col, v := &c.Columns[i], &c.Cells[i]
		if col.Nullable && r.IsNull(i) {
			v.Null()
			continue
		}
		switch v.Form {
		case AsFloat:
			f := r.Float64(i)
			if col.Type == schema.Float32 && math.Abs(f) > math.MaxFloat32 && math.IsInf(float64(float32(f)), 0) && !math.IsInf(f, 0) {
				return overflow(col, f)
			}
			v.Float(f)
		case AsInt:
			n, err := readInt(col, r, i)
			if err != nil {
				return err
			}
			v.Int(n)
		case AsBytes:
			switch col.Type {
			case schema.Time:
				text, err := col.FormatTime(r.Time(i))
				if err != nil {
					return err
				}
				v.Text(text)
			case schema.Text, schema.JSON:
				if raw {
					v.Blob(texts.TextBytes(i))
				} else {
					v.Text(r.Text(i))
				}
			default:
				v.Blob(r.Blob(i))
			}
			if err := checkBytes(col, v.At(v.Len()-1)); err != nil {
				return err
			}
		}
	}
	return nil
}

// overflow is the error for a number outside the range of its column.
func overflow(col *schema.Column, value any) error {
	return &schema.ValueError{Column: col.Name, Value: value, Err: fmt.Errorf("%w (the column is %s)", schema.ErrOverflow, col.Type)}
}

// readInt reads what a chunk keeps as an integer.
func readInt(col *schema.Column, r schema.Reader, i int) (int64, error) {
	switch col.Type {
	case schema.Bool:
		if r.Bool(i) {
			return 1, nil
		}
		return 0, nil
	case schema.Time:
		return col.UnixTime(r.Time(i))
	case schema.Uint64:
		switch col.Uint {
		case schema.UintText:
			n, err := strconv.ParseUint(r.Text(i), 10, 64)
			if err != nil {
				return 0, &schema.ValueError{Column: col.Name, Value: r.Text(i), Err: fmt.Errorf("%w: %w", schema.ErrOverflow, err)}
			}
			return int64(n), nil
		case schema.UintBlob:
			b := r.Blob(i)
			if len(b) != 8 {
				return 0, &schema.ValueError{Column: col.Name, Value: append([]byte(nil), b...), Err: schema.ErrOverflow}
			}
			return int64(binary.BigEndian.Uint64(b)), nil
		}
	}
	n := r.Int64(i)
	if low, high := col.Type.Range(); n < low || n > high {
		return 0, overflow(col, n)
	}
	return n, nil
}
