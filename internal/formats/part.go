package formats

import (
	"slices"
	"sync"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/spill"
	"github.com/galley-db/galley/schema"
)

// Part is the rows of a batch. With KeepBytes it holds few of them in memory, however
// many there are.
type Part struct {
	Chunks []*cells.Chunk // nil where the rows are in the file
	Rows   int
	Bytes  int // about how many its values take
	// KeepBytes, unless 0, is how many bytes of values stay in memory, but for one
	// chunk. The others go into a temporary file, which Close removes. If that file
	// cannot be written, they stay in memory, too.
	KeepBytes int

	schema *schema.Schema
	ends   []int     // of each of Chunks, the rows up to its end
	lines  [][]int64 // of each of Chunks, those of its rows in the file; nil for none, or where they are packed
	places []place   // of each of Chunks that is in the file
	kept   int       // bytes of values in memory
	file   spill.File
	spare  *cells.Chunk // whose rows were written to the file
	buf    []byte       // of what is written

	mu   sync.Mutex // of the reader for rows in the file
	read reader
}

// place is where a chunk is in the file: its rows, and the lines of these if it has
// any.
type place struct {
	at    int64
	size  int
	lines bool
}

// Len is the number of rows.
func (p *Part) Len() int { return p.Rows }

// Bind writes row i into w. Several goroutines may call it at once. Each reads
// rows in the file faster through a reader of its own, which Fork returns.
func (p *Part) Bind(i int, w schema.Writer) error {
	n, k := p.find(i)
	if c := p.Chunks[n]; c != nil {
		return c.Bind(k, w)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.read.bind(p, n, k, w)
}

// find returns the chunk of row i, and its place in the chunk.
func (p *Part) find(i int) (n, k int) {
	if room := p.room(); room > 0 {
		n = min(i/room, len(p.ends)-1) // if all before it are full
	}
	if p.ends[n] <= i || n > 0 && p.ends[n-1] > i {
		n, _ = slices.BinarySearch(p.ends, i+1)
	}
	if n > 0 {
		i -= p.ends[n-1]
	}
	return n, i
}

// room is how many rows the chunks are meant for.
func (p *Part) room() int {
	if p.Chunks[0] == nil {
		return 0
	}
	return p.Chunks[0].Room
}

// Line returns the line of row i in the file, and false if it is not known.
func (p *Part) Line(i int) (int64, bool) {
	n, k := p.find(i)
	if p.Chunks[n] == nil && p.places[n].lines {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.read.load(p, n) != nil {
			return 0, false
		}
		return p.read.lines[k], true
	}
	if k >= len(p.lines[n]) {
		return 0, false
	}
	return p.lines[n][k], true
}

// Room is a chunk with nothing in it.
func (p *Part) Room(s *schema.Schema) *cells.Chunk {
	p.schema = s
	if n := len(p.Chunks); n < cap(p.Chunks) {
		if c := p.Chunks[:n+1][n]; c != nil {
			return c
		}
	}
	if c := p.spare; c != nil {
		p.spare = nil
		return c
	}
	return cells.New(s)
}

// Add adds the rows of a chunk that Room has returned. It belongs to p from then on.
// Their lines are those of d, unless d has none.
func (p *Part) Add(c *cells.Chunk, d Decoder) {
	var lines []int64
	if n := len(p.lines); n < cap(p.lines) {
		lines = p.lines[:n+1][n][:0]
	}
	if l, ok := d.(Liner); ok {
		lines = slices.Grow(lines, c.Rows)
		for k := range c.Rows {
			lines = append(lines, l.LineOf(k))
		}
	}
	if !p.Take(c, lines) {
		p.spare = c
	}
}

// Take adds the rows of a chunk, with their lines, and reports whether it keeps the
// chunk and the slice. Otherwise it has read them only.
func (p *Part) Take(c *cells.Chunk, lines []int64) (kept bool) {
	size := c.Size()
	p.Rows += c.Rows
	p.Bytes += size
	p.ends = append(p.ends, p.Rows)
	if at, ok := p.spill(c, lines, size); ok {
		p.Chunks, p.lines, p.places = append(p.Chunks, nil), append(p.lines, nil), append(p.places, at)
		return false
	}
	p.kept += size
	p.Chunks, p.lines, p.places = append(p.Chunks, c), append(p.lines, lines), append(p.places, place{})
	return true
}

// spill writes a chunk to the file, and reports false where it stays in memory.
func (p *Part) spill(c *cells.Chunk, lines []int64, size int) (place, bool) {
	if p.KeepBytes == 0 || p.kept+size <= p.KeepBytes {
		return place{}, false
	}
	p.schema = c.Schema()
	p.buf = cells.PackNumbers(c.Pack(p.buf[:0]), lines)
	at, err := p.file.Write(p.buf)
	if err != nil { // as without KeepBytes
		p.KeepBytes = 0
		return place{}, false
	}
	return place{at, len(p.buf), len(lines) > 0}, true
}

// Fit makes the rows those of s, whose columns differ in nothing but whether they
// may be NULL.
func (p *Part) Fit(s *schema.Schema) {
	p.schema, p.spare = s, nil
	for i, c := range p.Chunks {
		if c != nil {
			p.Chunks[i] = cells.New(s)
			p.Chunks[i].Swap(c)
		}
	}
}

// Kept is how many bytes of values are in memory.
func (p *Part) Kept() int { return p.kept }

// Reset takes all rows out. The memory of the chunks is used again by Room.
func (p *Part) Reset() {
	p.Chunks, p.ends, p.lines, p.places, p.Rows, p.Bytes, p.kept = p.Chunks[:0], p.ends[:0], p.lines[:0], p.places[:0], 0, 0, 0
	p.file.Reset()
	p.read = reader{buf: p.read.buf}
}

// Close removes the temporary file. The part has no rows afterwards.
func (p *Part) Close() error {
	err := p.file.Close()
	p.Reset()
	return err
}

// Liner returns the line of a row of the chunk that was filled last.
type Liner interface{ LineOf(k int) int64 }
