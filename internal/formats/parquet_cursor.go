package formats

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/literal"
	"github.com/galley-db/galley/schema"
)

// cursor reads a column as galley writes it, or a vector.
type cursor struct {
	leaf
	column *schema.Column
	null   int // definition level of a value that is present, or of an empty list
	divide int64
}

func (c *cursor) read(v *cells.Cells, rows int) error {
	vector := cells.IsVector(c.column.Type)
	for v.Len() < rows {
		more, err := c.peek()
		if err != nil || !more {
			return err
		}
		if vector {
			if err := c.vector(v); err != nil {
				return err
			}
			continue
		}
		n := min(rows-v.Len(), len(c.ready))
		for i := range c.ready[:n] {
			if err := c.take(v, &c.ready[i]); err != nil {
				return err
			}
		}
		c.ready = c.ready[n:]
	}
	return nil
}

// take adds one value.
func (c *cursor) take(v *cells.Cells, value *parquet.Value) error {
	if value.IsNull() {
		v.Null()
		return nil
	}
	switch value.Kind() {
	case parquet.Boolean:
		v.Int(0)
		if value.Boolean() {
			v.Ints[len(v.Ints)-1] = 1
		}
	case parquet.Int32:
		if t := c.column.Type; t == schema.Uint8 || t == schema.Uint16 || t == schema.Uint32 {
			v.Int(int64(value.Uint32()))
			return nil
		}
		v.Int(int64(value.Int32()))
	case parquet.Int64:
		n := value.Int64()
		if n%c.divide != 0 { // another program has changed it
			return cells.Refused(c.column, strconv.AppendInt(nil, n, 10), literal.ErrInexact)
		}
		v.Int(n / c.divide)
	case parquet.Float:
		v.Float(float64(value.Float()))
	case parquet.Double:
		v.Float(value.Double())
	default:
		v.Blob(value.ByteArray())
	}
	return nil
}

// vector adds one list.
func (c *cursor) vector(v *cells.Cells) error {
	first := c.ready[0]
	c.ready = c.ready[1:]
	if first.IsNull() {
		if first.DefinitionLevel() < c.null {
			v.Null()
		} else {
			v.Blob(nil)
		}
		return nil
	}
	v.Bytes = appendFloat(v.Bytes, &first)
	for {
		more, err := c.peek()
		if err != nil {
			return err
		}
		if !more || c.ready[0].RepetitionLevel() == 0 {
			break
		}
		v.Bytes = appendFloat(v.Bytes, &c.ready[0])
		c.ready = c.ready[1:]
	}
	v.Ends = append(v.Ends, len(v.Bytes))
	return nil
}

func appendFloat(b []byte, value *parquet.Value) []byte {
	if value.Kind() == parquet.Float {
		return binary.LittleEndian.AppendUint32(b, math.Float32bits(value.Float()))
	}
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(value.Double()))
}
