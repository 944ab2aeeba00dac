package export

import (
	"encoding/binary"
	"hash/maphash"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// distinct counts the different combinations of values of some columns, by a
// hash of 64 bits.
type distinct struct {
	names   []string
	columns []int
	seed    maphash.Seed
	seen    map[uint64]struct{}
	buf     []byte
	last    uint64
}

// newDistinct counts those of the columns named, nothing if s lacks one.
func newDistinct(s *schema.Schema, names []string) *distinct {
	d := &distinct{names: names, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
	for _, name := range names {
		i, ok := s.Column(name)
		if !ok {
			return &distinct{}
		}
		d.columns = append(d.columns, i)
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

// result is nil without columns to count.
func (d *distinct) result() *Distinct {
	if len(d.columns) == 0 {
		return nil
	}
	return &Distinct{Columns: d.names, Count: int64(len(d.seen))}
}

// countable returns a ColumnError for a column of Options.CountDistinct where no
// table has all of them.
func (w *writing) countable() error {
	var missing error
	for _, j := range w.jobs {
		if j.form == formRejected {
			continue
		}
		_, err := pick(j.schema, w.opts.CountDistinct)
		if err == nil {
			return nil
		}
		missing = err
	}
	return missing
}
