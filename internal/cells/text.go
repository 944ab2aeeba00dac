package cells

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
	"time"

	"github.com/galley-db/galley/schema"
)

// appendCell adds the text of a value that is not NULL: what CSV has between
// two commas, before any quoting.
func AppendText(dst []byte, col *schema.Column, v *Cells, k int) []byte {
	switch v.Form {
	case AsFloat:
		return appendNumber(dst, v.Floats[k], floatBits(col))
	case AsBytes:
		switch {
		case IsVector(col.Type):
			return appendArray(dst, col, v.At(k))
		case isText(col):
			return append(dst, v.At(k)...)
		}
		return base64.StdEncoding.AppendEncode(dst, v.At(k))
	}
	n := v.Ints[k]
	switch col.Type {
	case schema.Bool:
		return strconv.AppendBool(dst, n != 0)
	case schema.Uint64:
		return strconv.AppendUint(dst, uint64(n), 10)
	case schema.Time:
		if t := col.TimeOf(n); spelled(t) {
			return t.AppendFormat(dst, time.RFC3339Nano)
		}
	}
	return strconv.AppendInt(dst, n, 10)
}

// spelled reports whether RFC 3339 has a spelling for a time.
func spelled(t time.Time) bool { return t.Year() >= 0 && t.Year() <= 9999 }

func floatBits(col *schema.Column) int {
	if col.Type == schema.Float32 || col.Type == schema.Vector32 {
		return 32
	}
	return 64
}

// appendNumber adds the shortest text that reads back as f.
func appendNumber(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits)
}

// appendArray adds a packed vector as a JSON array.
func appendArray(dst []byte, col *schema.Column, b []byte) []byte {
	dst = append(dst, '[')
	width := VectorWidth(col.Type)
	for i := 0; i+width <= len(b); i += width {
		if i > 0 {
			dst = append(dst, ',')
		}
		f := 0.0
		if width == 4 {
			f = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[i:])))
		} else {
			f = math.Float64frombits(binary.LittleEndian.Uint64(b[i:]))
		}
		dst = appendJSONNumber(dst, f, floatBits(col))
	}
	return append(dst, ']')
}

// appendJSONNumber is appendNumber with quotes around what JSON has no number
// for.
func appendJSONNumber(dst []byte, f float64, bits int) []byte {
	if f != f || math.IsInf(f, 0) {
		dst = append(dst, '"')
		dst = appendNumber(dst, f, bits)
		return append(dst, '"')
	}
	return appendNumber(dst, f, bits)
}

// appendJSON adds a value that is not NULL as JSON.
func AppendJSON(dst []byte, col *schema.Column, v *Cells, k int) []byte {
	switch {
	case v.Form == AsFloat:
		return appendJSONNumber(dst, v.Floats[k], floatBits(col))
	case col.Type == schema.JSON:
		start := len(dst)
		dst = append(dst, v.At(k)...)
		for i := start; i < len(dst); i++ { // between values, as it is valid
			if dst[i] == '\n' || dst[i] == '\r' {
				dst[i] = ' '
			}
		}
		return dst
	case IsVector(col.Type), v.Form == AsInt && col.Type != schema.Time:
		return AppendText(dst, col, v, k)
	case v.Form == AsBytes && isText(col):
		return AppendJSONText(dst, View(v.At(k)))
	}
	dst = append(dst, '"')
	dst = AppendText(dst, col, v, k)
	return append(dst, '"')
}

// appendJSONText adds a text as a JSON string. Text in a table is UTF-8.
func AppendJSONText(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		ch := s[i]
		if ch >= 0x20 && ch != '"' && ch != '\\' && ch != 0x7f {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch ch {
		case '"', '\\':
			dst = append(dst, '\\', ch)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\r':
			dst = append(dst, '\\', 'r')
		default:
			dst = append(dst, '\\', 'u', '0', '0', digits[ch>>4], digits[ch&15])
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
