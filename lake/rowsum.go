package lake

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/cespare/xxhash/v2"

	"github.com/galley-db/galley/internal/cells"
)

// rowSum sums up rows independently of their order, so the sum of a table is that
// of its parts: a change of a published row shows without its old value.
type rowSum struct {
	low, high uint64
	scratch   []byte
	without   []bool // columns that do not count; nil if all do
}

func parseRowSum(text string) (s rowSum, err error) {
	if text == "" {
		return s, nil
	}
	_, err = fmt.Sscanf(text, "%16x%16x", &s.high, &s.low)
	return s, err
}

func (s *rowSum) String() string { return fmt.Sprintf("%016x%016x", s.high, s.low) }

// add takes the rows of a chunk.
func (s *rowSum) add(c *cells.Chunk) {
	for k := range c.Rows {
		b := s.scratch[:0]
		for i := range c.Cells {
			v := &c.Cells[i]
			if s.without != nil && s.without[i] {
				continue
			}
			if v.IsNull(k) {
				b = append(b, 0)
				continue
			}
			b = append(b, 1)
			switch v.Form {
			case cells.AsInt:
				b = binary.LittleEndian.AppendUint64(b, uint64(v.Ints[k]))
			case cells.AsFloat:
				b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v.Floats[k]))
			case cells.AsBytes:
				value := v.At(k)
				b = binary.LittleEndian.AppendUint64(b, uint64(len(value)))
				b = append(b, value...)
			}
		}
		s.low += xxhash.Sum64(b)
		s.high += xxhash.Sum64(append(b, 'h'))
		s.scratch = b
	}
}
