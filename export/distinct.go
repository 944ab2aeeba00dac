package export

import (
	"encoding/binary"
	"hash/maphash"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// distinct counts the different values of some columns, by a hash of 64 bits.
type distinct struct {
	columns []int
	seed    maphash.Seed
	seen    map[uint64]struct{}
	buf     []byte
	last    uint64
}

// newDistinct counts those of the columns named, or of subject and session.
func newDistinct(s *schema.Schema, names []string) *distinct {
	if len(names) == 0 {
		names = []string{"subject", "session"}
	}
	d := &distinct{seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
	for _, name := range names {
		if i, ok := s.Column(name); ok {
			d.columns = append(d.columns, i)
		}
	}
	return d
}

func (d *distinct) add(c *cells.Chunk) {
	if len(d.columns) == 0 {
		return
	}
	for k := range c.Rows {
		d.buf = d.buf[:0]
		for _, i := range d.columns {
			v := &c.Cells[i]
			switch {
			case v.IsNull(k):
				d.buf = append(d.buf, 0)
			case v.Form == cells.AsBytes:
				d.buf = append(binary.AppendUvarint(append(d.buf, 1), uint64(len(v.At(k)))), v.At(k)...)
			default:
				d.buf = append(cells.AppendText(append(d.buf, 2), &c.Columns[i], v, k), 0)
			}
		}
		if sum := maphash.Bytes(d.seed, d.buf); sum != d.last || len(d.seen) == 0 {
			d.last = sum
			d.seen[sum] = struct{}{}
		}
	}
}

func (d *distinct) count() int64 { return int64(len(d.seen)) }
