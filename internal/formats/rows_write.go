package formats

import (
	"io"
	"runtime"

	"github.com/galley-db/galley/internal/cells"
)

// rowsWriter writes chunks as text, row by row. The rows of a chunk are formatted on
// all cores, and written in their order.
type rowsWriter struct {
	out    io.Writer
	format func(t *rowText, c *cells.Chunk, k int) error // adds row k
	parts  []rowText                                     // one for each goroutine
}

// rowText is the text of some rows, one after the other.
type rowText struct {
	buf  []byte
	cell []byte // of one value, for format
	err  error
}

// stepBytes is about how many bytes of values are formatted before they are written;
// partRows is how many rows are worth a goroutine.
const (
	stepBytes = 1 << 20
	partRows  = 256
)

func newRowsWriter(w io.Writer, format func(*rowText, *cells.Chunk, int) error) *rowsWriter {
	return &rowsWriter{out: w, format: format, parts: make([]rowText, min(runtime.GOMAXPROCS(0), 8))}
}

func (rw *rowsWriter) Write(c *cells.Chunk) error {
	step := max(c.Rows/(c.Size()/stepBytes+1), 1)
	for from := 0; from < c.Rows; from += step {
		if err := rw.step(c, from, min(from+step, c.Rows)); err != nil {
			return err
		}
	}
	return nil
}

// step writes rows from, …, to-1. After an error the rows before the bad one may be
// missing.
func (rw *rowsWriter) step(c *cells.Chunk, from, to int) error {
	n := min(len(rw.parts), (to-from+partRows-1)/partRows)
	each := (to - from + n - 1) / n
	together(n, func(i int) { rw.parts[i].add(c, from+i*each, min(from+(i+1)*each, to), rw.format) })
	for i := range n {
		t := &rw.parts[i]
		if t.err != nil {
			return t.err
		}
		if _, err := rw.out.Write(t.buf); err != nil {
			return err
		}
		if t.buf = t.buf[:0]; cap(t.buf) > 4*stepBytes { // of a large value
			t.buf = nil
		}
	}
	return nil
}

func (t *rowText) add(c *cells.Chunk, from, to int, format func(*rowText, *cells.Chunk, int) error) {
	for k := from; k < to && t.err == nil; k++ {
		t.err = format(t, c, k)
	}
}

// Close has nothing left to write.
func (rw *rowsWriter) Close() error { return nil }
