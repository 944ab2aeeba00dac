package formats

import (
	"fmt"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// reader holds the chunk of a part's file that was read last.
type reader struct {
	n     int // of the chunk
	chunk *cells.Chunk
	lines []int64
	buf   []byte
}

// bind writes row k of chunk n, which is in the file.
func (r *reader) bind(p *Part, n, k int, w schema.Writer) error {
	if r.chunk == nil || r.n != n {
		if err := r.load(p, n); err != nil {
			return fmt.Errorf("%w: %w", store.ErrUnread, err)
		}
	}
	return r.chunk.Bind(k, w)
}

// load reads chunk n.
func (r *reader) load(p *Part, n int) error {
	if r.chunk != nil && r.n == n {
		return nil
	}
	at, rows := p.places[n], p.ends[n]
	if n > 0 {
		rows -= p.ends[n-1]
	}
	c := r.chunk
	r.chunk = nil
	if c == nil {
		c = cells.New(p.schema)
	}
	if cap(r.buf) < at.size {
		r.buf = cells.PackedRoom(at.size + at.size/4)
	}
	b := r.buf[:at.size]
	if err := p.file.Read(b, at.at); err != nil {
		return err
	}
	rest := c.Unpack(b, rows)
	if r.lines = nil; at.lines {
		r.lines = cells.UnpackNumbers(rest, rows)
	}
	r.n, r.chunk = n, c
	return nil
}

// forked reads a part for one goroutine.
type forked struct {
	*Part
	read reader
}

// Fork returns the same rows for one goroutine, which reads those in the file by
// itself. See [store.Fork].
func (p *Part) Fork() store.Rows {
	if p.kept == p.Bytes {
		return p // nothing is in the file
	}
	return &forked{Part: p}
}

func (f *forked) Bind(i int, w schema.Writer) error {
	n, k := f.find(i)
	if c := f.Chunks[n]; c != nil {
		return c.Bind(k, w)
	}
	return f.read.bind(f.Part, n, k, w)
}
