package sheet

import (
	"encoding/binary"
	"encoding/json"
	"strconv"
	"time"

	"github.com/galley-db/galley/schema"
)

// Value reads column i of a row, as a type that Text shows.
func Value(c *schema.Column, r schema.Reader, i int) any {
	if c.Nullable && r.IsNull(i) {
		return nil
	}
	switch c.Type {
	case schema.Bool:
		return r.Bool(i)
	case schema.Text:
		return r.Text(i)
	case schema.JSON:
		return json.RawMessage(r.Text(i))
	case schema.Blob:
		return append([]byte{}, r.Blob(i)...)
	case schema.Vector32:
		return Vector32(r.Blob(i))
	case schema.Vector64:
		return Vector64(r.Blob(i))
	case schema.Float32:
		return float32(r.Float64(i))
	case schema.Float64:
		return r.Float64(i)
	case schema.Time:
		return r.Time(i)
	case schema.Duration:
		return time.Duration(r.Int64(i))
	case schema.Uint64:
		switch c.Uint {
		case schema.UintText: // which has zeros before it, so that texts sort as numbers
			if n, err := strconv.ParseUint(r.Text(i), 10, 64); err == nil {
				return n
			}
			return r.Text(i)
		case schema.UintInt:
		default:
			if b := r.Blob(i); len(b) == 8 {
				return binary.BigEndian.Uint64(b)
			}
		}
	}
	return r.Int64(i)
}
