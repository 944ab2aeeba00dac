package sheet

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/galley-db/galley/schema"
)

// read is the value of column i, whose storage class is in the column behind
// it.
func read(c *schema.Column, typed bool, in schema.Reader, i int) any {
	switch in.Text(i + 1) {
	case "integer":
		n := in.Int64(i)
		if !typed {
			return n
		}
		switch c.Type {
		case schema.Bool:
			return n != 0
		case schema.Time:
			if c.Unit != schema.RFC3339 {
				return c.TimeOf(n)
			}
		case schema.Duration:
			return time.Duration(n)
		case schema.Float32:
			return float32(n)
		case schema.Float64:
			return float64(n)
		}
		return n
	case "real":
		f := in.Float64(i)
		if typed && c.Type == schema.Float32 && float64(float32(f)) == f {
			return float32(f)
		}
		return f
	case "text":
		s := in.Text(i)
		switch {
		case typed && c.Type == schema.JSON && json.Valid([]byte(s)):
			return json.RawMessage(s)
		case typed && c.Type == schema.Uint64 && c.Uint == schema.UintText:
			if n, err := strconv.ParseUint(s, 10, 64); err == nil {
				return n
			}
		}
		return s
	case "blob":
		b := append([]byte{}, in.Blob(i)...)
		switch {
		case typed && c.Type == schema.Vector32 && len(b)%4 == 0:
			return Vector32(b)
		case typed && c.Type == schema.Vector64 && len(b)%8 == 0:
			return Vector64(b)
		case typed && c.Type == schema.Uint64 && len(b) == 8:
			return binary.BigEndian.Uint64(b)
		}
		return b
	}
	return nil
}

// Vector32 returns the numbers of a stored vector of float32.
func Vector32(b []byte) []float32 {
	v := make([]float32, len(b)/4)
	for k := range v {
		v[k] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*k:]))
	}
	return v
}

// Vector64 returns the numbers of a stored vector of float64.
func Vector64(b []byte) []float64 {
	v := make([]float64, len(b)/8)
	for k := range v {
		v[k] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*k:]))
	}
	return v
}

// Text is a value as a table shows it, on one line and without anything that
// a terminal would obey.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case json.RawMessage:
		return Printable(string(v))
	case []byte:
		if len(v) > 16 {
			return fmt.Sprintf("x'%x…' (%d bytes)", v[:16], len(v))
		}
		return fmt.Sprintf("x'%x'", v)
	case []float32:
		return vector(v)
	case []float64:
		return vector(v)
	case string:
		return Printable(v)
	}
	return fmt.Sprint(v)
}

// wholeText is Text of the whole value.
func wholeText(v any) string {
	switch v := v.(type) {
	case []byte:
		return fmt.Sprintf("x'%x'", v)
	case []float32, []float64:
		return plain(v)
	}
	return Text(v)
}

func vector[F float32 | float64](v []F) string {
	const shown = 4
	parts := make([]string, 0, shown)
	for _, f := range v[:min(len(v), shown)] {
		parts = append(parts, strconv.FormatFloat(float64(f), 'g', 6, 64))
	}
	if len(v) > shown {
		return fmt.Sprintf("[%s … %d in all]", strings.Join(parts, " "), len(v))
	}
	return "[" + strings.Join(parts, " ") + "]"
}

// Printable is s without line ends and control characters.
func Printable(s string) string {
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if hidden(r) {
			return '\uFFFD'
		}
		return r
	}, strings.NewReplacer("\r\n", "⏎", "\n", "⏎", "\t", " ").Replace(s))
}

func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// appendJSON adds a value as JSON.
func appendJSON(dst []byte, v any) ([]byte, error) {
	switch x := v.(type) {
	case float32:
		if f := float64(x); math.IsInf(f, 0) || f != f {
			return strconv.AppendQuote(dst, infinity(f)), nil
		}
	case float64:
		if math.IsInf(x, 0) || x != x {
			return strconv.AppendQuote(dst, infinity(x)), nil
		}
	case []byte:
		v = base64.StdEncoding.EncodeToString(x)
	case time.Duration:
		v = int64(x)
	case time.Time: // which json.Marshal refuses outside of the years 0 to 9999
		return strconv.AppendQuote(dst, Text(x)), nil
	case []float32:
		return appendArray(dst, x), nil
	case []float64:
		return appendArray(dst, x), nil
	}
	text, err := json.Marshal(v)
	return append(dst, text...), err
}

func appendArray[F float32 | float64](dst []byte, v []F) []byte {
	dst = append(dst, '[')
	for i, f := range v {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst, _ = appendJSON(dst, f)
	}
	return append(dst, ']')
}

// infinity is the text of what JSON has no number for, as export writes it.
func infinity(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return "NaN"
}
