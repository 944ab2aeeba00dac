package postgres

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/galley-db/galley/schema"
)

// jsonbVersion is what a jsonb begins with on the wire.
const jsonbVersion = 1

// checkJSON returns an error of schema.ErrJSON for JSON that a jsonb does not
// hold: what is none, the character U+0000, half of a surrogate pair, and an object
// with two values for one name, of which a jsonb keeps the last.
func checkJSON(v string) error {
	if !json.Valid([]byte(v)) {
		return schema.ErrJSON
	}
	if err := checkCharacters(v); err != nil {
		return err
	}
	if name, ok := doubledName(v); ok {
		return fmt.Errorf("PostgreSQL keeps only the last of two values for %q: %w", name, schema.ErrJSON)
	}
	return nil
}

// checkCharacters returns an error for an escape in valid JSON that PostgreSQL does not
// have.
func checkCharacters(v string) error {
	for {
		at := strings.IndexByte(v, '\\')
		if at < 0 {
			return nil
		}
		v = v[at:] // valid JSON: a whole escape follows
		if v[1] != 'u' {
			v = v[2:]
			continue
		}
		unit, _ := strconv.ParseUint(v[2:6], 16, 16)
		v = v[6:]
		high := unit >= 0xd800 && unit < 0xdc00
		if high && len(v) >= 6 && v[:2] == `\u` {
			low, _ := strconv.ParseUint(v[2:6], 16, 16)
			if low >= 0xdc00 && low < 0xe000 {
				v = v[6:]
				continue
			}
		}
		if unit == 0 || unit >= 0xd800 && unit < 0xe000 {
			return fmt.Errorf(`PostgreSQL has no character \u%04x: %w`, unit, schema.ErrJSON)
		}
	}
}

// doubledName returns a name that an object in valid JSON has twice, at any depth.
func doubledName(v string) (name string, ok bool) {
	const open = -1 // in begins, for an array
	var depth [8]int
	var room [32]string
	begins, names := depth[:0], room[:0] // names of the objects around, those of the innermost last
	isName := false                      // of a string that comes next
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '{':
			begins, isName = append(begins, len(names)), true
		case '[':
			begins, isName = append(begins, open), false
		case ',':
			isName = begins[len(begins)-1] != open
		case ']':
			begins = begins[:len(begins)-1]
		case '}':
			begin := begins[len(begins)-1]
			if name, ok := twice(names[begin:]); ok {
				return name, true
			}
			begins, names = begins[:len(begins)-1], names[:begin]
		case '"':
			text := v[i : i+stringEnd(v[i:])]
			i += len(text) - 1
			if isName {
				names, isName = append(names, unquoted(text)), false
			}
		}
	}
	return "", false
}

// twice returns a name that stands twice in a list, which it may sort.
func twice(names []string) (string, bool) {
	const few = 8
	if len(names) <= few {
		for i, name := range names {
			if slices.Contains(names[:i], name) {
				return name, true
			}
		}
		return "", false
	}
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			return names[i], true
		}
	}
	return "", false
}

// stringEnd is the length of the string that valid JSON begins with.
func stringEnd(v string) int {
	for i := 1; ; i++ {
		i += strings.IndexByte(v[i:], '"')
		slashes := 0
		for v[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i + 1
		}
	}
}

// unquoted is a string of valid JSON without its quotes and escapes.
func unquoted(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s[1 : len(s)-1]
	}
	var plain string
	_ = json.Unmarshal([]byte(s), &plain) // it is valid
	return plain
}
