package lake

import (
	"encoding/binary"
	"math"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// converter turns chunks of a galley table into chunks of a layout.
type converter struct {
	from []schema.Column
	out  *cells.Chunk
	ints [][]int64 // of each column whose numbers change
}

func newConverter(s *schema.Schema, l *layout) *converter {
	return &converter{from: s.Columns(), out: cells.New(l.schema), ints: make([][]int64, len(s.Columns()))}
}

// convert returns c in the layout. The result shares the memory of c where the
// values are the same, and is valid until the next call.
func (v *converter) convert(c *cells.Chunk) (*cells.Chunk, error) {
	v.out.Rows = c.Rows
	for i := range v.from {
		col, in, out := &v.from[i], &c.Cells[i], &v.out.Cells[i]
		switch scale := v.scale(i); {
		case col.Type == schema.Uint64:
			out.Nulls, out.Bytes, out.Ends = in.Nulls, out.Bytes[:0], out.Ends[:0]
			for _, n := range in.Ints {
				out.Bytes = append(out.Bytes, 0) // the sign
				out.Bytes = binary.BigEndian.AppendUint64(out.Bytes, uint64(n))
				out.Ends = append(out.Ends, len(out.Bytes))
			}
		case scale > 1:
			ints := v.ints[i][:0]
			for k, n := range in.Ints {
				if (n > math.MaxInt64/scale || n < math.MinInt64/scale) && !in.IsNull(k) {
					return nil, &schema.ValueError{Column: col.Name, Value: col.TimeOf(n), Err: schema.ErrTimeRange}
				}
				ints = append(ints, n*scale)
			}
			v.ints[i] = ints
			out.Nulls, out.Ints = in.Nulls, ints
		default:
			unsigned := out.Unsigned
			*out = *in
			out.Unsigned = unsigned
		}
	}
	return v.out, nil
}

// scale is the number of microseconds in the unit of a time that is written in
// microseconds, 1 for other columns.
func (v *converter) scale(i int) int64 {
	if v.from[i].Type != schema.Time || v.out.Columns[i].Type != schema.Time {
		return 1
	}
	switch v.from[i].Unit {
	case schema.Seconds:
		return 1e6
	case schema.Millis:
		return 1e3
	}
	return 1
}
