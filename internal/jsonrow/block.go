package jsonrow

// Block is some objects, in the order of their file.
type Block struct {
	Text  []byte // one object after the other
	ends  []int  // of each object in Text
	lines []int64
}

// Fill replaces the objects by the next ones, at most so many, until they
// have so many bytes. It reports whether the block is long, and returns the error that
// ended the reading, io.EOF among them.
func (b *Block) Fill(r *Reader, objects, bytes int) (long bool, err error) {
	if cap(b.Text) > 4*bytes { // of a large object
		b.Text = nil
	}
	b.Text, b.ends, b.lines = b.Text[:0], b.ends[:0], b.lines[:0]
	for err == nil && b.Len() < objects && len(b.Text) < bytes {
		if err = r.Next(); err == nil {
			b.Text = append(b.Text, r.Row()...)
			b.ends, b.lines = append(b.ends, len(b.Text)), append(b.lines, r.Line())
		}
	}
	return len(b.Text) > 4*bytes, err
}

// Len is the number of objects.
func (b *Block) Len() int { return len(b.ends) }

// Line is the line of object k.
func (b *Block) Line(k int) int64 { return b.lines[k] }

// Object is object k as it stands in the file.
func (b *Block) Object(k int) []byte {
	start := 0
	if k > 0 {
		start = b.ends[k-1]
	}
	return b.Text[start:b.ends[k]]
}
