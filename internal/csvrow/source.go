package csvrow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// source gives the lines of a file. It keeps the lines of the record that is
// being read, so that reading can go back to the second of them.
type source struct {
	in      io.Reader
	buf     []byte
	start   int   // of the record
	stop    int   // end of the record, without its line end
	pos     int   // of what is not read yet
	end     int   // of what is in buf
	lineEnd int   // end of the line read last, without "\n", "\r\n" or "\r"
	lines   int64 // read so far
	err     error // of in
	ends    ends
}

// ends are the bytes that end a line.
type ends uint8

const (
	unknown ends = iota
	byLF         // "\n" or "\r\n"
	byCR         // "\r", as on old systems; "\n" and "\r\n", too
)

const roomAtFirst = 1 << 20

// readLine reads a line, and returns it without its end. The line is valid
// until the next call.
func (s *source) readLine() ([]byte, error) {
	if s.ends == unknown {
		s.begin()
	}
	for searched := 0; ; {
		at, after := s.find(s.pos + searched)
		if after < 0 && s.err == nil {
			searched = s.end - s.pos
			if searched > 0 && s.buf[s.end-1] == '\r' {
				searched-- // it may be the first half of "\r\n"
			}
			if err := s.fill(); err != nil {
				return nil, err
			}
			continue
		}
		if after < 0 { // the last line has no end
			if s.err != nil && !errors.Is(s.err, io.EOF) || s.pos == s.end {
				return nil, s.err
			}
			at, after = s.end, s.end
			if at > s.pos && s.buf[at-1] == '\r' { // half of "\r\n"
				at--
			}
		}
		line := s.buf[s.pos:at]
		s.lineEnd, s.pos = at, after
		s.lines++
		return line, nil
	}
}

// find returns where a line ends, and where the next begins; -1 where no end is
// in the buffer.
func (s *source) find(from int) (at, after int) {
	b := s.buf[from:s.end]
	if s.ends == byLF {
		n := bytes.IndexByte(b, '\n')
		if n < 0 {
			return -1, -1
		}
		at = from + n
		if at > s.pos && s.buf[at-1] == '\r' {
			return at - 1, at + 1
		}
		return at, at + 1
	}
	n := bytes.IndexAny(b, "\r\n")
	switch at = from + n; {
	case n < 0, b[n] == '\r' && at+1 == s.end && s.err == nil:
		return -1, -1
	case b[n] == '\r' && at+1 < s.end && s.buf[at+1] == '\n':
		return at, at + 2
	}
	return at, at + 1
}

// begin skips a byte order mark and looks for the end of the first line.
func (s *source) begin() {
	s.ends = byLF
	quoted := false
	for i := 0; ; i++ {
		for i+2 >= s.end && s.err == nil && s.end < roomAtFirst {
			_ = s.fill() // the buffer is large enough
		}
		if i == 0 && s.end >= 3 && string(s.buf[:3]) == "\xef\xbb\xbf" {
			s.start, s.pos, i = 3, 3, 3
		}
		if i >= s.end {
			return
		}
		switch c := s.buf[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			return
		case c == '\r' && !quoted:
			if i+1 >= s.end || s.buf[i+1] != '\n' {
				s.ends = byCR
			}
			return
		}
	}
}

// fill reads more into the buffer, behind what the record has there.
func (s *source) fill() error {
	if n := s.start; n > 0 {
		copy(s.buf, s.buf[n:s.end])
		s.start, s.stop, s.pos, s.end, s.lineEnd = 0, s.stop-n, s.pos-n, s.end-n, s.lineEnd-n
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= maxRecord {
			return fmt.Errorf("line %d: %w", s.lines+1, ErrLong)
		}
		s.buf = append(s.buf, make([]byte, max(len(s.buf), roomAtFirst))...)
	}
	for tries := 0; ; tries++ {
		n, err := s.in.Read(s.buf[s.end:])
		s.end += n
		if err == nil && n == 0 && tries < 100 {
			continue
		}
		if err == nil && n == 0 {
			err = io.ErrNoProgress
		}
		s.err = err
		return nil
	}
}
