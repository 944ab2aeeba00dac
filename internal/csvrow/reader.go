// Package csvrow cuts CSV (RFC 4180) into records. Unlike encoding/csv it distinguishes
// an empty field from a quoted empty one, keeps the text of each record as it
// stands in the file, and goes on behind a line whose quotes do not pair. It also
// writes fields.
package csvrow

import (
	"bytes"
	"errors"
	"io"
)

// maxRecord is the longest record in bytes, above what a value may be.
const maxRecord = 128 << 20

// MaxFields is the largest number of fields of a record that are kept: more than a
// table can have columns. Of a record that is nothing but commas all would take
// gigabytes.
const MaxFields = 1 << 15

var (
	// ErrQuote is returned for a record whose quotes do not pair. The next call
	// goes on with the line behind the record's first one.
	ErrQuote = errors.New("a quoted field does not end, or text follows its closing quote")
	// ErrLong is returned for a record of more than 128 MiB.
	ErrLong = errors.New("the record is longer than 128 MiB")
)

// Reader reads records.
type Reader struct {
	source
	comma  byte
	fields []field
	out    []byte // the record's fields where any is quoted
	text   []byte // where the fields are: a line or out
	plain  bool   // no field is quoted: text is the line
	values [][]byte
	width  int // fields of the first record
	line   int64
}

type field struct {
	start, end int
	quoted     bool
}

// NewReader returns a Reader of r, whose byte order mark it skips.
func NewReader(r io.Reader, comma byte) *Reader {
	return &Reader{source: source{in: r}, comma: comma}
}

// Next reads a record, and returns io.EOF behind the last. After ErrQuote the
// next call goes on; any other error ends the reading.
func (r *Reader) Next() error {
	for {
		r.start = r.pos
		line, err := r.readLine()
		if err != nil {
			return err
		}
		r.line, r.stop = r.lines, r.lineEnd
		if len(line) == 0 && r.width != 1 {
			continue // of a table of one column it is a row
		}
		r.fields = r.fields[:0]
		if r.plain = bytes.IndexByte(line, '"') < 0; r.plain {
			r.split(line)
		} else if err := r.unquote(line); err != nil {
			return err
		}
		if r.width == 0 {
			r.width = len(r.fields)
		}
		return nil
	}
}

// Line is the record's first line, from 1.
func (r *Reader) Line() int64 { return r.line }

// Text is the record as it stands in the file, without the line end behind it.
// After ErrQuote it is the record's first line. It is valid until Next.
func (r *Reader) Text() []byte { return r.buf[r.start:r.stop] }

// Fields are the record's first MaxFields fields, without quotes. They are valid
// until Next.
func (r *Reader) Fields() [][]byte {
	r.values = r.values[:0]
	for _, f := range r.fields {
		r.values = append(r.values, r.text[f.start:f.end])
	}
	return r.values
}

// Quoted reports whether field i has quotes around it.
func (r *Reader) Quoted(i int) bool { return r.fields[i].quoted }

func (r *Reader) keep(f field) {
	if len(r.fields) < MaxFields {
		r.fields = append(r.fields, f)
	}
}

// split cuts a line without quotes.
func (r *Reader) split(line []byte) {
	r.text = line
	start := 0
	for {
		n := bytes.IndexByte(line[start:], r.comma)
		if n < 0 {
			break
		}
		r.keep(field{start, start + n, false})
		start += n + 1
	}
	r.keep(field{start, len(line), false})
}

// unquote cuts a record with quotes, which may be several lines long.
func (r *Reader) unquote(line []byte) error {
	first, lines := r.pos-r.start, r.lines // where the second line begins
	r.out = r.out[:0]
	for {
		start := len(r.out)
		if len(line) == 0 || line[0] != '"' {
			n := bytes.IndexByte(line, r.comma)
			last := n < 0
			if last {
				n = len(line)
			}
			r.out = append(r.out, line[:n]...)
			r.keep(field{start, len(r.out), false})
			if last {
				break
			}
			line = line[n+1:]
			continue
		}
		rest, err := r.quoted(line[1:])
		if errors.Is(err, ErrQuote) {
			r.pos, r.lines = r.start+first, lines
			return ErrQuote
		}
		if err != nil {
			return err
		}
		r.keep(field{start, len(r.out), true})
		if len(rest) == 0 {
			break
		}
		line = rest[1:]
	}
	r.text, r.stop = r.out, r.lineEnd
	return nil
}

// quoted reads a field behind its first quote, and returns what follows its
// last one: nothing, or what begins with a comma.
func (r *Reader) quoted(line []byte) (rest []byte, err error) {
	for {
		n := bytes.IndexByte(line, '"')
		if n < 0 { // the field goes on in the next line
			r.out = append(append(r.out, line...), r.buf[r.lineEnd:r.pos]...)
			line, err = r.readLine()
			if errors.Is(err, io.EOF) || errors.Is(err, ErrLong) {
				err = ErrQuote
			}
			if err != nil {
				return nil, err
			}
			continue
		}
		r.out = append(r.out, line[:n]...)
		line = line[n+1:]
		switch {
		case len(line) == 0 || line[0] == r.comma:
			return line, nil
		case line[0] == '"':
			r.out = append(r.out, '"')
			line = line[1:]
		default:
			return nil, ErrQuote
		}
	}
}
