package schema

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/galley-db/galley/schema/internal/cell"
)

// literalKind is what a literal of SQL is.
type literalKind uint8

const (
	literalNull literalKind = iota + 1
	literalBool
	literalInt
	literalReal
	literalText
	literalBlob
)

// literal is a literal of SQL, understood.
type literal struct {
	kind literalKind
	num  int64   // of a literalInt, and 0 or 1 of a literalBool
	real float64 // of a literalInt and a literalReal
	text string  // of a literalText and, as bytes, a literalBlob
}

// parseLiteral reads NULL, TRUE, FALSE, a number, 'text' or X'blob'.
func parseLiteral(s string) (l literal, ok bool) {
	switch strings.ToUpper(s) {
	case "NULL":
		return literal{kind: literalNull}, true
	case "TRUE":
		return literal{kind: literalBool, num: 1}, true
	case "FALSE":
		return literal{kind: literalBool}, true
	}
	if text, quoted := unquoteSQL(s); quoted {
		return literal{kind: literalText, text: text}, true
	}
	if len(s) > 0 && (s[0] == 'x' || s[0] == 'X') {
		digits, quoted := unquoteSQL(s[1:])
		blob, err := hex.DecodeString(digits)
		return literal{kind: literalBlob, text: string(blob)}, quoted && err == nil
	}
	// ParseFloat takes more than SQL does: 1_000, 0x1p-2, inf, nan.
	if s == "" || strings.Trim(s, "+-.0123456789eE") != "" {
		return literal{}, false
	}
	real, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return literal{}, false
	}
	if num, err := strconv.ParseInt(s, 10, 64); err == nil {
		return literal{kind: literalInt, num: num, real: real}, true
	}
	return literal{kind: literalReal, real: real}, true
}

// unquoteSQL is the text between single quotes, doubled ones made one.
func unquoteSQL(s string) (text string, ok bool) {
	if len(s) < 2 || s[0] != '\'' || s[len(s)-1] != '\'' {
		return "", false
	}
	s = s[1 : len(s)-1]
	text = strings.ReplaceAll(s, "''", "'")
	return text, strings.Count(s, "'") == 2*strings.Count(s, "''")
}

// quoteSQL is text in single quotes.
func quoteSQL(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// checkDefault returns the reason why Default is not a literal of the form in
// which SQLite stores the column, "" if it is one. In a STRICT table a literal
// of another form would fail only when it is used.
func (c *Column) checkDefault() string {
	l, ok := parseLiteral(c.Default)
	if !ok {
		return "is not an SQL literal; write NULL, TRUE, FALSE, a number, 'text' or X'blob'"
	}
	if l.kind == literalNull {
		if !c.Nullable {
			return "the column cannot be NULL"
		}
		return ""
	}
	switch {
	case c.Type.isVector():
		return "a vector has no default other than NULL"
	case c.Type == Bool:
		if l.kind != literalBool && (l.kind != literalInt || l.num != 0 && l.num != 1) {
			return "a bool is TRUE, FALSE, 1 or 0"
		}
	case c.Type.isFloat():
		if l.kind != literalInt && l.kind != literalReal {
			return "a " + c.Type.String() + " is a number"
		}
		if c.Type == Float32 && math.Abs(l.real) > math.MaxFloat32 {
			return "is out of range for a float32"
		}
	case c.storage() == storedInt:
		if l.kind != literalInt {
			return "a " + c.Type.String() + " is a whole number here"
		}
		if low, high := c.Type.Range(); l.num < low || l.num > high {
			return "is out of range for a " + c.Type.String()
		}
	case c.storage() == storedText:
		if l.kind != literalText {
			return "a " + c.Type.String() + " is 'text' in single quotes here"
		}
		return c.checkDefaultText(l.text)
	case l.kind != literalBlob:
		return "a " + c.Type.String() + " is X'hexadecimal digits' here"
	case c.Type == Uint64 && len(l.text) != 8:
		return "uint=blob is 8 bytes, big-endian"
	}
	return ""
}

// checkDefaultText is checkDefault for what is stored as text.
func (c *Column) checkDefaultText(text string) string {
	if err := c.CheckText(text); err != nil {
		return err.Error()
	}
	switch c.Type {
	case JSON:
		if !json.Valid([]byte(text)) {
			return "is not valid JSON"
		}
	case Time:
		if t, err := c.ParseTime(text); err != nil || t.Format(rfc3339Layout) != text {
			return "is no time of the form " + rfc3339Layout
		}
	case Uint64:
		if _, err := strconv.ParseUint(text, 10, 64); err != nil || len(text) != cell.UintDigits {
			return "uint=text is 20 decimal digits"
		}
	}
	return ""
}

// Range is the lowest and the highest value of an integer type that a column
// of INTEGER holds: a uint64 goes to math.MaxInt64 there. Other types have the
// range of an int64.
func (t Type) Range() (low, high int64) {
	switch t {
	case Int8:
		return math.MinInt8, math.MaxInt8
	case Int16:
		return math.MinInt16, math.MaxInt16
	case Int32:
		return math.MinInt32, math.MaxInt32
	case Uint8:
		return 0, math.MaxUint8
	case Uint16:
		return 0, math.MaxUint16
	case Uint32:
		return 0, math.MaxUint32
	case Uint64:
		return 0, math.MaxInt64
	}
	return math.MinInt64, math.MaxInt64
}

// instant is the time that an INTEGER or a TEXT literal of a Time column
// stands for.
func (c *Column) instant(l literal) (time.Time, bool) {
	if l.kind == literalText {
		t, err := c.ParseTime(l.text)
		return t, err == nil
	}
	return c.TimeOf(l.num), l.kind == literalInt
}
