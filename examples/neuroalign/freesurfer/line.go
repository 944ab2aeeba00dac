package freesurfer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// longest is the length of the longest line that is read, in bytes. Real
// lines have less than 200: more is not a statistics file, and reading on
// would only fill memory.
const longest = 64 << 10

// lines gives the lines of a text file, counted.
type lines struct {
	file string
	in   *bufio.Reader
	n    int // number of the line that next gave last
}

func newLines(file string, r io.Reader) *lines {
	return &lines{file: file, in: bufio.NewReaderSize(r, longest)}
}

// next gives the next line without its end, or io.EOF after the last one. A
// last line without an end is an error: every writer of these files ends each
// line, so that the file was cut short, maybe within a number.
func (l *lines) next() (string, error) {
	raw, err := l.in.ReadSlice('\n')
	if errors.Is(err, io.EOF) && len(raw) == 0 {
		return "", io.EOF
	}
	l.n++
	switch {
	case errors.Is(err, io.EOF):
		return "", l.fail("the end of the file within a line", "a whole line: the file looks cut short")
	case errors.Is(err, bufio.ErrBufferFull):
		return "", l.fail(fmt.Sprintf("a line longer than %d bytes", longest), "a statistics file")
	case err != nil:
		return "", &ParseError{File: l.file, Line: l.n, Want: "a readable file", Err: err}
	}
	line := strings.TrimRight(string(raw), "\r\n")
	if !utf8.ValidString(line) || strings.ContainsRune(line, 0) {
		return "", l.fail("bytes that are no text", "UTF-8 text")
	}
	return line, nil
}

// fail makes an error about the line given last.
func (l *lines) fail(got, want string) *ParseError {
	return &ParseError{File: l.file, Line: l.n, Got: got, Want: want}
}
