package csvrow

import "errors"

// Block is a number of records, with their text, which other goroutines read while
// the Reader goes on.
type Block struct {
	text    []byte // of each record, and behind it its fields where any is quoted
	fields  []span
	records []record
}

// span is a field in a block's text.
type span struct {
	start, end int32 // a block ends with the record that exceeds its bytes
	quoted     bool
}

type record struct {
	line        int64
	start, stop int // of the record in text
	fields      int // where those of the next record begin
	err         error
}

// Reset empties b, and keeps its memory unless it is large.
func (b *Block) Reset() {
	if cap(b.text) > 4*roomAtFirst {
		b.text = nil
	}
	b.text, b.fields, b.records = b.text[:0], b.fields[:0], b.records[:0]
}

// Add adds the record that r has read, or the one for which Next returned ErrQuote.
func (b *Block) Add(r *Reader, err error) {
	start := len(b.text)
	b.text = append(b.text, r.Text()...)
	stop, at := len(b.text), start
	if err == nil {
		if !r.plain {
			at = stop
			b.text = append(b.text, r.text...)
		}
		for _, f := range r.fields {
			b.fields = append(b.fields, span{int32(at + f.start), int32(at + f.end), f.quoted})
		}
	}
	b.records = append(b.records, record{r.line, start, stop, len(b.fields), err})
}

// Fill adds records until b has so many, or so many bytes and one record more. It
// returns the error that ended the reading, which is io.EOF behind the last record.
func (r *Reader) Fill(b *Block, records, bytes int) error {
	for len(b.records) < records && len(b.text) < bytes {
		err := r.Next()
		if err != nil && !errors.Is(err, ErrQuote) {
			return err
		}
		b.Add(r, err)
	}
	return nil
}

// Len is the number of records.
func (b *Block) Len() int { return len(b.records) }

// Line is the first line of record k, from 1.
func (b *Block) Line(k int) int64 { return b.records[k].line }

// Err is nil, or ErrQuote for a record whose quotes do not pair: it has no
// fields, and its text is its first line.
func (b *Block) Err(k int) error { return b.records[k].err }

// Text is record k as it stands in the file, without the line end behind it. It is
// valid until Reset.
func (b *Block) Text(k int) []byte { return b.text[b.records[k].start:b.records[k].stop] }

// Fields are the fields of a record. They are valid until Reset.
type Fields struct {
	text []byte
	of   []span
}

// Fields are the fields of record k.
func (b *Block) Fields(k int) Fields { return Fields{b.text, b.fields[b.first(k):b.records[k].fields]} }

// Len is the number of fields.
func (f *Fields) Len() int { return len(f.of) }

// At is field i without quotes, and whether it has them.
func (f *Fields) At(i int) (text []byte, quoted bool) {
	s := &f.of[i]
	return f.text[s.start:s.end], s.quoted
}

func (b *Block) first(k int) int {
	if k == 0 {
		return 0
	}
	return b.records[k-1].fields
}
