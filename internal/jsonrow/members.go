package jsonrow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
	"unsafe"
)

// ErrSyntax is returned for a text that is not a JSON object.
var ErrSyntax = errors.New("not a JSON object")

// ErrUnicode is returned for a string that is not Unicode: bytes that are not
// UTF-8, or half of a surrogate pair as an escape.
var ErrUnicode = errors.New("the JSON string is not valid Unicode")

// ErrTwice is returned when an object has two values for one key. Which of them
// counts is not for the reader to choose.
var ErrTwice = errors.New("the JSON object has two values for one key")

// Members calls found with the keys and the values of an object, in their
// order. It has checked the whole text before the first call. The name is valid
// during the call only, and the value as long as the text.
func Members(text []byte, found func(name string, raw []byte) error) error {
	if err := Check(text); err != nil {
		return err
	}
	if text = bytes.TrimSpace(text); text[0] != '{' {
		return fmt.Errorf("%w: it is %s", ErrSyntax, kind(text))
	}
	for i := space(text, 1); text[i] != '}'; {
		end := endOfString(text, i)
		name, err := Unquote(text[i:end])
		if err != nil {
			return err
		}
		i = space(text, space(text, end)+1) // behind the colon
		end = endOfValue(text, i)
		if err := found(view(name), text[i:end]); err != nil {
			return err
		}
		if i = space(text, end); text[i] == ',' {
			i = space(text, i+1)
		}
	}
	return nil
}

// Check returns what is wrong with a text that should be one JSON value.
func Check(text []byte) error {
	if !json.Valid(text) {
		var v json.RawMessage
		err := json.Unmarshal(text, &v)
		var at *json.SyntaxError
		if errors.As(err, &at) {
			return fmt.Errorf("%w: %s, at byte %d", ErrSyntax, message(text, at), at.Offset)
		}
		return fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	if !utf8.Valid(text) {
		return fmt.Errorf("%w: byte %d is not UTF-8", ErrUnicode, invalid(text)+1)
	}
	return surrogates(text)
}

// message says what encoding/json found. It names what other programs write
// although JSON does not have it.
func message(text []byte, err *json.SyntaxError) string {
	if at := int(err.Offset) - 1; at >= 0 && at < len(text) {
		if c := text[at]; c < 0x20 {
			return fmt.Sprintf("a control character (0x%02x) within a string must be escaped", c)
		}
		for _, word := range []string{"NaN", "nan", "Infinity", "-Infinity", "Inf", "inf"} {
			if at > 0 && bytes.HasPrefix(text[at-1:], []byte(word)) || bytes.HasPrefix(text[at:], []byte(word)) {
				return word + ` is not JSON; write null or "` + word + `"`
			}
		}
	}
	return err.Error()
}

// surrogates finds half a surrogate pair among the escapes.
func surrogates(text []byte) error {
	for i := 0; ; {
		n := bytes.IndexByte(text[i:], '\\')
		if n < 0 {
			return nil
		}
		if i += n; text[i+1] != 'u' {
			i += 2
			continue
		}
		switch c := hex(text[i+2:]); {
		case c >= 0xdc00 && c < 0xe000:
			return fmt.Errorf("%w: %s at byte %d is half a surrogate pair", ErrUnicode, text[i:i+6], i+1)
		case c >= 0xd800 && c < 0xdc00:
			if low := hex(after(text, i+6)); low < 0xdc00 || low >= 0xe000 {
				return fmt.Errorf("%w: %s at byte %d is half a surrogate pair", ErrUnicode, text[i:i+6], i+1)
			}
			i += 6
		}
		i += 6
	}
}

// after is the text behind the escape \u at i, nil where there is no such
// escape.
func after(text []byte, i int) []byte {
	if i+1 < len(text) && text[i] == '\\' && text[i+1] == 'u' {
		return text[i+2:]
	}
	return nil
}

// hex is the number of the first four digits.
func hex(text []byte) (n rune) {
	if len(text) < 4 {
		return -1
	}
	for _, c := range text[:4] {
		n *= 16
		switch {
		case c >= '0' && c <= '9':
			n += rune(c - '0')
		case c >= 'a' && c <= 'f':
			n += rune(c - 'a' + 10)
		default:
			n += rune(c - 'A' + 10)
		}
	}
	return n
}

// invalid is the index of the first byte that is not UTF-8.
func invalid(text []byte) int {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(text)
}

// kind names a valid JSON value.
func kind(text []byte) string {
	switch text[0] {
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// Unquote returns the text of a valid JSON string: the string's own memory
// where nothing in it is escaped.
func Unquote(b []byte) ([]byte, error) {
	if bytes.IndexByte(b, '\\') < 0 {
		return b[1 : len(b)-1], nil
	}
	var s string
	err := json.Unmarshal(b, &s)
	return []byte(s), err
}

// space is the index of what is not a space, from i on.
func space(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// endOfString is the index behind the string at i of a valid text.
func endOfString(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// endOfValue is the index behind the value at i of a valid text.
func endOfValue(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			i = endOfString(b, i) - 1
		case c == '{' || c == '[':
			depth++
			continue
		case c == '}' || c == ']':
			if depth--; depth < 0 {
				return i // of a number or word before it
			}
		case depth == 0 && (c == ',' || isSpace(c)):
			return i
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return i
}

// view returns b as text without a copy.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
