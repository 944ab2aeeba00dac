package formats

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// csvScanner cuts CSV into records (RFC 4180). Unlike encoding/csv it
// distinguishes an empty field from a quoted empty one, and returns the line of
// each record.
type CSVScanner struct {
	in    *bufio.Reader
	comma byte
	line  int64 // of the record's first line, from 1
	lines int64 // read so far
	text  []byte
	end   string // of the line read last: "\n", "\r\n" or none
	long  []byte // a line longer than in's buffer
	out   []byte // the record's fields where any is quoted
	ends  []csvField
	field [][]byte
}

type csvField struct {
	start, end int
	quoted     bool
}

// maxRecord is the longest record in bytes, above what a value may be.
const maxRecord = 128 << 20

// errQuote is the cause where quotes do not pair.
var errQuote = errors.New("a quoted field does not end, or goes on behind its end")

func NewCSVScanner(r io.Reader, comma byte) *CSVScanner {
	s := &CSVScanner{in: bufio.NewReaderSize(r, 1<<20), comma: comma}
	if mark, err := s.in.Peek(3); err == nil && bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = s.in.Discard(3)
	}
	return s
}

// next reads a record, and returns io.EOF behind the last. After another error
// that is ErrFormat the next call goes on with the next line.
func (s *CSVScanner) Next() error {
	for {
		line, err := s.ReadLine()
		if err != nil {
			return err
		}
		s.line = s.lines
		if len(line) == 0 && len(s.ends) != 1 {
			continue // an empty line; of a table of one column it is a row
		}
		s.ends = s.ends[:0]
		if bytes.IndexByte(line, '"') < 0 {
			s.split(line)
			return nil
		}
		return s.unquote(line)
	}
}

// readLine reads a line, without its end. It is valid until the next call.
func (s *CSVScanner) ReadLine() ([]byte, error) {
	line, err := s.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		s.long = append(s.long[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			line, err = s.in.ReadSlice('\n')
			if s.long = append(s.long, line...); len(s.long) > maxRecord {
				return nil, fmt.Errorf("%w: line %d is longer than %d MiB", ErrFormat, s.lines+1, maxRecord>>20)
			}
		}
		line = s.long
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(line) == 0) {
		return nil, err
	}
	s.lines++
	s.end = ""
	for _, end := range []string{"\r\n", "\n"} {
		if bytes.HasSuffix(line, []byte(end)) {
			s.end = end
			break
		}
	}
	return line[:len(line)-len(s.end)], nil
}

// split cuts a line without quotes.
func (s *CSVScanner) split(line []byte) {
	s.text = line
	start := 0
	for {
		n := bytes.IndexByte(line[start:], s.comma)
		if n < 0 {
			break
		}
		s.ends = append(s.ends, csvField{start, start + n, false})
		start += n + 1
	}
	s.ends = append(s.ends, csvField{start, len(line), false})
}

// unquote cuts a record with quotes, which may be several lines long.
func (s *CSVScanner) unquote(line []byte) error {
	s.out = s.out[:0]
	for {
		start := len(s.out)
		if len(line) == 0 || line[0] != '"' {
			n := bytes.IndexByte(line, s.comma)
			last := n < 0
			if last {
				n = len(line)
			}
			s.out = append(s.out, line[:n]...)
			s.ends = append(s.ends, csvField{start, len(s.out), false})
			if last {
				break
			}
			line = line[n+1:]
			continue
		}
		rest, err := s.quoted(line[1:])
		if err != nil {
			return err
		}
		s.ends = append(s.ends, csvField{start, len(s.out), true})
		if len(rest) == 0 {
			break
		}
		line = rest[1:]
	}
	s.text = s.out
	return nil
}

// quoted reads a field behind its first quote, and returns what follows its
// last one: nothing, or what begins with a comma.
func (s *CSVScanner) quoted(line []byte) (rest []byte, err error) {
	for {
		n := bytes.IndexByte(line, '"')
		if n < 0 { // the field goes on in the next line
			s.out = append(append(s.out, line...), s.end...)
			if len(s.out) > maxRecord {
				return nil, fmt.Errorf("%w: the record is longer than %d MiB: %w", ErrFormat, maxRecord>>20, errQuote)
			}
			if line, err = s.ReadLine(); err != nil {
				if errors.Is(err, io.EOF) {
					err = fmt.Errorf("%w: %w", ErrFormat, errQuote)
				}
				return nil, err
			}
			continue
		}
		s.out = append(s.out, line[:n]...)
		line = line[n+1:]
		switch {
		case len(line) == 0 || line[0] == s.comma:
			return line, nil
		case line[0] == '"':
			s.out = append(s.out, '"')
			line = line[1:]
		default:
			return nil, fmt.Errorf("%w: %w", ErrFormat, errQuote)
		}
	}
}

// fields are the record's fields, valid until next.
func (s *CSVScanner) Fields() [][]byte {
	s.field = s.field[:0]
	for _, f := range s.ends {
		s.field = append(s.field, s.text[f.start:f.end])
	}
	return s.field
}

// empty reports whether field i has nothing in it and no quotes around it.
func (s *CSVScanner) Empty(i int) bool {
	f := &s.ends[i]
	return f.start == f.end && !f.quoted
}
