package formats

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/galley-db/galley/internal/cells"
)

// cutObject calls found with the names and values of a JSON object, in their
// order. A value that is not looked into here is one that parses elsewhere:
// numbers as a column's, arrays and objects as JSON.
func CutObject(line []byte, found func(name string, raw []byte) error) error {
	fail := func(at int) error { return fmt.Errorf("%w: no JSON object, at byte %d", ErrFormat, at+1) }
	i := skipSpace(line, 0)
	if i == len(line) || line[i] != '{' {
		return fail(i)
	}
	for i = skipSpace(line, i+1); i < len(line) && line[i] != '}'; {
		end := endOfString(line, i)
		if end < 0 {
			return fail(i)
		}
		name, err := unquoteJSON(line[i:end])
		if err != nil {
			return fail(i)
		}
		if i = skipSpace(line, end); i == len(line) || line[i] != ':' {
			return fail(i)
		}
		i = skipSpace(line, i+1)
		if end = endOfValue(line, i); end < 0 {
			return fail(i)
		}
		if err := found(cells.View(name), line[i:end]); err != nil {
			return err
		}
		if i = skipSpace(line, end); i < len(line) && line[i] == ',' {
			if i = skipSpace(line, i+1); i < len(line) && line[i] == '"' {
				continue
			}
			return fail(i)
		}
		if i == len(line) || line[i] != '}' {
			return fail(i)
		}
	}
	if i == len(line) || skipSpace(line, i+1) != len(line) {
		return fail(i)
	}
	return nil
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// endOfString is the index behind the string at i, -1 where there is none.
func endOfString(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// endOfValue is the index behind the value at i, -1 where there is none.
func endOfValue(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	start := i
	switch b[i] {
	case '"':
		return endOfString(b, i)
	case '{', '[':
		for depth := 0; i < len(b); i++ {
			switch b[i] {
			case '"':
				end := endOfString(b, i)
				if end < 0 {
					return -1
				}
				i = end - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					if !json.Valid(b[start : i+1]) {
						return -1
					}
					return i + 1
				}
			}
		}
		return -1
	}
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ' ' && b[i] != '\t' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

// unquoteJSON is the text of a JSON string: b's own memory where nothing in it
// is escaped.
func unquoteJSON(b []byte) ([]byte, error) {
	if bytes.IndexByte(b, '\\') < 0 {
		return b[1 : len(b)-1], nil
	}
	var s string
	err := json.Unmarshal(b, &s)
	return []byte(s), err
}
