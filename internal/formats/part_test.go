package formats

import (
	"bytes"
	"testing"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
)

// bound is a schema.Writer that keeps the integer of a row.
type bound struct {
	schema.Writer
	n int64
}

func (b *bound) Int64(_ int, v int64) { b.n = v }

// A part gives each of its rows, however many its chunks have.
func TestPartOfUnevenChunks(t *testing.T) {
	s, err := schema.New("t", []schema.Column{{Name: "n", Type: schema.Int64}})
	if err != nil {
		t.Fatal(err)
	}
	p, n := &Part{}, 0
	for range 2 { // the memory is used again
		for _, rows := range []int{1, cells.RowsOf(1), 3, cells.RowsOf(1), cells.RowsOf(1), 2} {
			c := p.Room(s)
			c.Reset()
			for range rows {
				c.Cells[0].Int(int64(n))
				c.Rows++
				n++
			}
			p.Add(c, nil)
		}
		for i := range p.Len() {
			var b bound
			if err := p.Bind(i, &b); err != nil {
				t.Fatal(err)
			}
			if b.n != int64(i) {
				t.Fatalf("row %d is %d", i, b.n)
			}
		}
		p.Reset()
		n = 0
	}
}

// A file of large values is read in chunks of bounded size, and gives each value.
func TestParquetOfLargeValues(t *testing.T) {
	testtime.Seconds(t)
	s, err := schema.New("t", []schema.Column{{Name: "n", Type: schema.Int64}, {Name: "b", Type: schema.Blob}})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := NewParquetWriter(&out, s, "")
	if err != nil {
		t.Fatal(err)
	}
	const rows, size = 20, 5 << 20
	value := make([]byte, size)
	written, read := cells.NewDigest(2), cells.NewDigest(2)
	for i := range rows {
		c := cells.New(s)
		value[0] = byte(i)
		c.Cells[0].Int(int64(i))
		c.Cells[1].Blob(value)
		c.Rows++
		written.Add(c)
		if err := w.Write(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := NewParquetReader(bytes.NewReader(out.Bytes()), int64(out.Len()), func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c, n := cells.New(s), 0
	for {
		if err := r.Next(c); err != nil {
			t.Fatal(err)
		}
		if c.Rows == 0 {
			break
		}
		if c.Rows > 8 {
			t.Errorf("a chunk has %d rows of %d bytes, want at most 8", c.Rows, size)
		}
		read.Add(c)
		n += c.Rows
	}
	if n != rows {
		t.Errorf("%d rows, want %d", n, rows)
	}
	for i, sum := range read.Sums() {
		if sum != written.Sums()[i] {
			t.Errorf("column %d differs", i)
		}
	}
}
