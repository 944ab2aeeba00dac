package formats

import (
	"slices"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// Part is the rows of a batch.
type Part struct {
	Chunks []*cells.Chunk
	ends   []int   // of each of Chunks, the rows up to its end
	Lines  []int64 // of each row in the file
	Rows   int
	Bytes  int // about how many its values take
}

func (p *Part) Len() int { return p.Rows }
func (p *Part) Bind(i int, w schema.Writer) error {
	n := min(i/p.Chunks[0].Room, len(p.ends)-1) // if all before it are full
	if p.ends[n] <= i || n > 0 && p.ends[n-1] > i {
		n, _ = slices.BinarySearch(p.ends, i+1)
	}
	if n > 0 {
		i -= p.ends[n-1]
	}
	return p.Chunks[n].Bind(i, w)
}

// room is a chunk with nothing in it.
func (p *Part) Room(s *schema.Schema) *cells.Chunk {
	if n := len(p.Chunks); n < cap(p.Chunks) {
		if c := p.Chunks[:n+1][n]; c != nil {
			return c
		}
	}
	return cells.New(s)
}

func (p *Part) Add(c *cells.Chunk, d Decoder) {
	p.Chunks = append(p.Chunks, c)
	p.Rows += c.Rows
	p.ends = append(p.ends, p.Rows)
	p.Bytes += c.Size()
	if l, ok := d.(Liner); ok {
		for k := range c.Rows {
			p.Lines = append(p.Lines, l.LineOf(k))
		}
	}
}

// reset leaves the chunks in the room behind the slice, for room.
func (p *Part) Reset() {
	p.Chunks, p.ends, p.Lines, p.Rows, p.Bytes = p.Chunks[:0], p.ends[:0], p.Lines[:0], 0, 0
}

// liner returns the line of a row of the chunk that was filled last.
type Liner interface{ LineOf(k int) int64 }
