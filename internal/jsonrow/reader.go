// Package jsonrow reads the JSON objects of a text: one a line, one over
// several lines, or the elements of an array. It is as strict as the standard
// is: what is not JSON, or not UTF-8, or names two values for one key is an
// error, and never a guess.
package jsonrow

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxRow is the longest object in bytes, above what a value may be.
const maxRow = 128 << 20

var (
	// ErrLong is returned for an object of more than 128 MiB.
	ErrLong = errors.New("the object is longer than 128 MiB")
	// ErrEnd is returned when an array does not end, or when text follows it.
	ErrEnd = errors.New("the JSON array does not end, or text follows its end")
)

// Reader cuts a text into objects. It only looks for the ends of objects: see
// [Check] and [Members] for their content.
type Reader struct {
	in    *bufio.Reader
	row   []byte
	start int64 // line of row, from 1
	line  int64 // lines read, and the one being read
	shape shape
}

// shape is how objects follow each other.
type shape uint8

const (
	unknown shape = iota
	lines         // an object a line
	spread        // an object over several lines
	array         // the elements of an array
	ended         // behind an array
)

// NewReader returns a Reader of r, whose byte order mark it skips.
func NewReader(r io.Reader) *Reader {
	in := bufio.NewReaderSize(r, 1<<18)
	if mark, err := in.Peek(3); err == nil && bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3)
	}
	return &Reader{in: in, line: 1}
}

// Row is the text of the object read last, without spaces around it. It is
// valid until the next call of Next.
func (r *Reader) Row() []byte { return r.row }

// Line is the line on which Row begins, from 1.
func (r *Reader) Line() int64 { return r.start }

// Next reads an object, and returns io.EOF behind the last. What is not an
// object is a row too, which Members refuses. ErrEnd and ErrLong end the
// reading, and so does an error of the reader below.
func (r *Reader) Next() error {
	if r.shape == unknown {
		if err := r.begin(); err != nil {
			return err
		}
	}
	if r.shape == array {
		return r.element()
	}
	return r.object()
}

// begin finds out how the objects follow each other.
func (r *Reader) begin() error {
	if err := r.space(); err != nil {
		return err
	}
	first, err := r.in.Peek(1)
	if err != nil {
		return err
	}
	if first[0] == '[' {
		_, _ = r.in.Discard(1)
		r.shape = array
		return nil
	}
	r.shape = lines
	for n := 256; ; n *= 2 { // the first line, or as much of it as decides
		head, err := r.in.Peek(min(n, r.in.Size()))
		if end := bytes.IndexAny(head, "\r\n"); end >= 0 {
			line := bytes.TrimRight(head[:end], " \t")
			if nesting(0, line) > 0 && bytes.ContainsAny(line[len(line)-1:], "{[,:") {
				r.shape = spread
			}
			return nil
		}
		if err != nil || n >= r.in.Size() {
			return nil
		}
	}
}

// object reads a line, or the lines up to where brackets are closed.
func (r *Reader) object() error {
	for {
		if err := r.space(); err != nil {
			return err
		}
		r.row, r.start = r.row[:0], r.line
		depth := 0
		for {
			line, err := r.readLine()
			if err != nil && (!errors.Is(err, io.EOF) || len(r.row) == 0) {
				return err
			}
			if r.shape == lines || err != nil {
				break
			}
			if depth = nesting(depth, line); depth <= 0 || r.next('{') {
				break
			}
		}
		if r.row = bytes.TrimSpace(r.row); len(r.row) > 0 {
			return nil
		}
	}
}

// next reports whether the next line begins with c: an object on a line of its
// own begins there, and the one before has not ended.
func (r *Reader) next(c byte) bool {
	head, err := r.in.Peek(1)
	return err == nil && head[0] == c
}

// readLine adds a line to row, and returns it.
func (r *Reader) readLine() ([]byte, error) {
	start := len(r.row)
	for {
		part, err := r.in.ReadSlice('\n')
		if r.row = append(r.row, part...); len(r.row) > maxRow {
			return nil, fmt.Errorf("line %d: %w", r.start, ErrLong)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err == nil {
			r.line++
		}
		return r.row[start:], err
	}
}

// element reads an element of an array, up to the comma or the bracket behind.
func (r *Reader) element() error {
	if err := r.space(); err != nil {
		return r.unfinished(err)
	}
	r.row, r.start = r.row[:0], r.line
	depth, quoted, escaped := 0, false, false
	for {
		c, err := r.in.ReadByte()
		if err != nil {
			return r.unfinished(err)
		}
		if c == '\n' {
			r.line++
		}
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = c == '\\', c != '"'
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			depth++
		case depth > 0 && (c == '}' || c == ']'):
			depth--
		case depth == 0 && (c == ',' || c == ']'):
			r.row = bytes.TrimSpace(r.row)
			if c == ']' {
				return r.last()
			}
			if err := r.space(); err != nil {
				return r.unfinished(err)
			}
			if next, err := r.in.Peek(1); err != nil || next[0] == ']' {
				return fmt.Errorf("line %d: %w: nothing follows the comma", r.line, ErrEnd)
			}
			return nil
		}
		if r.row = append(r.row, c); len(r.row) > maxRow {
			return fmt.Errorf("line %d: %w", r.start, ErrLong)
		}
	}
}

// last is called behind the bracket of an array.
func (r *Reader) last() error {
	r.shape = ended
	err := r.space()
	switch {
	case err == nil:
		return fmt.Errorf("line %d: %w", r.line, ErrEnd)
	case !errors.Is(err, io.EOF):
		return err
	case len(r.row) == 0:
		return io.EOF // [] has no elements
	}
	return nil
}

// unfinished is the error of an array that ends too early.
func (r *Reader) unfinished(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("line %d: %w", r.line, ErrEnd)
	}
	return err
}

// space skips spaces and line ends, and returns io.EOF at the end.
func (r *Reader) space() error {
	for {
		c, err := r.in.ReadByte()
		if err != nil {
			return err
		}
		switch c {
		case '\n':
			r.line++
		case ' ', '\t', '\r':
		default:
			return r.in.UnreadByte()
		}
	}
}

// nesting counts the brackets of a line that are not closed, from depth on.
func nesting(depth int, line []byte) int {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
	}
	return depth
}
