package cells

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// add takes a row from a database.
func (c *Chunk) Add(r schema.Reader) error {
	texts, raw := r.(store.TextBytes)
	for i := range c.Columns {
		col, v := &c.Columns[i], &c.Cells[i]
		if col.Nullable && r.IsNull(i) {
			v.Null()
			continue
		}
		switch v.Form {
		case AsFloat:
			v.Float(r.Float64(i))
		case AsInt:
			n, err := readInt(col, r, i)
			if err != nil {
				c.Truncate(c.Rows)
				return err
			}
			v.Int(n)
		case AsBytes:
			switch col.Type {
			case schema.Time:
				text, err := col.FormatTime(r.Time(i))
				if err != nil {
					c.Truncate(c.Rows)
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
		}
	}
	c.Rows++
	return nil
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
	return r.Int64(i), nil
}
