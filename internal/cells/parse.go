package cells

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/galley-db/galley/internal/jsonrow"
	"github.com/galley-db/galley/internal/literal"
	"github.com/galley-db/galley/schema"
)

// ErrValue is returned when a text in a file is not a value of its column's type.
var ErrValue = errors.New("not a value of the column's type")

// Refused is the error of a text that is not a value of a column.
func Refused(col *schema.Column, text []byte, cause error) error {
	err := fmt.Errorf("%w (%v)", ErrValue, col.Type)
	if cause != nil && !errors.Is(cause, literal.ErrSyntax) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return &schema.ValueError{Column: col.Name, Value: string(text), Err: err}
}

// Parse adds the value that a text stands for: the inverse of AppendText,
// and generous with other spellings. What the column cannot hold exactly is
// refused.
func Parse(col *schema.Column, v *Cells, text []byte) error {
	if v.Form == AsFloat {
		f, err := parseFloat(col, text)
		if err != nil {
			return Refused(col, text, err)
		}
		if f != f && col.NaNNull {
			v.Null()
			return nil
		}
		if _, err := col.CheckFloat(f); err != nil {
			return err
		}
		v.Float(f)
		return nil
	}
	if v.Form == AsBytes {
		return parseBytes(col, v, text)
	}
	n, err := parseInt(col, text)
	if err != nil {
		return err
	}
	v.Int(n)
	return nil
}

func parseFloat(col *schema.Column, text []byte) (float64, error) {
	if floatBits(col) == 32 {
		return literal.Float32(text)
	}
	return literal.Float(text)
}

func parseInt(col *schema.Column, text []byte) (int64, error) {
	switch col.Type {
	case schema.Bool:
		return parseBool(col, text)
	case schema.Uint64:
		n, err := literal.Uint(text)
		if err != nil {
			return 0, Refused(col, text, err)
		}
		if n > math.MaxInt64 && col.Uint == schema.UintInt {
			return 0, &schema.ValueError{Column: col.Name, Value: n, Err: schema.ErrUintRange}
		}
		return int64(n), nil
	case schema.Time:
		return parseUnix(col, text)
	}
	n, err := literal.Int(text)
	if err != nil && col.Type == schema.Duration {
		n, err = parseDuration(text)
	}
	if err != nil {
		return 0, Refused(col, text, err)
	}
	if low, high := IntRange(col.Type); n < low || n > high {
		return 0, &schema.ValueError{Column: col.Name, Value: n, Err: schema.ErrOverflow}
	}
	return n, nil
}

// parseBool reads true and false, and what databases write for them.
func parseBool(col *schema.Column, text []byte) (int64, error) {
	value, ok := literal.Bool(text)
	switch string(text) {
	case "1", "t", "T":
		value, ok = true, true
	case "0", "f", "F":
		value, ok = false, true
	}
	switch {
	case !ok:
		return 0, Refused(col, text, nil)
	case value:
		return 1, nil
	}
	return 0, nil
}

// parseDuration reads a duration as Go writes it, such as 1h2.5s. Parts of a
// nanosecond are refused.
func parseDuration(text []byte) (int64, error) {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return 0, literal.ErrSyntax
	}
	digits := map[string]int{"ns": 0, "us": 3, "µs": 3, "μs": 3, "ms": 6}
	for rest := string(text); ; {
		dot := strings.IndexByte(rest, '.')
		if dot < 0 {
			return int64(d), nil
		}
		unit := strings.TrimLeft(rest[dot+1:], "0123456789")
		n := len(strings.TrimRight(rest[dot+1:len(rest)-len(unit)], "0"))
		rest = unit
		most, small := digits[strings.TrimRight(unit, "0123456789.-")]
		if n > 9 || small && n > most {
			return 0, literal.ErrInexact
		}
	}
}

// parseUnix reads a time. Outside the years 0 to 9999, which RFC 3339 has no
// spelling for, it is the number that the column stores; inside, a number
// would more likely be a date without its dashes than that.
func parseUnix(col *schema.Column, text []byte) (int64, error) {
	t, err := literal.Time(text)
	if err == nil {
		return ExactUnix(col, t)
	}
	if errors.Is(err, literal.ErrInexact) {
		return 0, Refused(col, text, err)
	}
	n, numberErr := literal.Int(text)
	if numberErr != nil || spelled(col.TimeOf(n)) {
		return 0, Refused(col, text, nil)
	}
	return n, nil
}

// ExactUnix is a time in the column's unit, of which no digit may be lost.
func ExactUnix(col *schema.Column, t time.Time) (int64, error) {
	n, err := col.UnixTime(t)
	if err != nil {
		return 0, err
	}
	if !col.TimeOf(n).Equal(t) {
		return 0, Refused(col, t.AppendFormat(nil, time.RFC3339Nano), literal.ErrInexact)
	}
	return n, nil
}

func parseBytes(col *schema.Column, v *Cells, text []byte) error {
	switch col.Type {
	case schema.Text:
		if err := col.CheckText(View(text)); err != nil {
			return Copied(err)
		}
		v.Blob(text)
	case schema.JSON:
		if err := jsonrow.Check(text); err != nil {
			return &schema.ValueError{Column: col.Name, Value: string(text), Err: fmt.Errorf("%w: %w", schema.ErrJSON, err)}
		}
		v.Blob(text)
	case schema.Time:
		t, err := literal.Time(text)
		if err != nil {
			return Refused(col, text, err)
		}
		s, err := col.FormatTime(t)
		if err != nil {
			return err
		}
		v.Text(s)
	case schema.Vector32, schema.Vector64:
		packed, err := parseArray(col, v.Bytes, text)
		if err != nil {
			return err
		}
		if n := (len(packed) - len(v.Bytes)) / VectorWidth(col.Type); col.Dim > 0 && n != col.Dim {
			return Refused(col, text, schema.ErrVectorLen)
		}
		v.Bytes = packed
		v.Ends = append(v.Ends, len(v.Bytes))
	default:
		b, err := base64.StdEncoding.AppendDecode(v.Bytes, text)
		if err != nil {
			return Refused(col, text, err)
		}
		v.Bytes = b
		v.Ends = append(v.Ends, len(v.Bytes))
	}
	return nil
}

// Copied makes an error's value one that outlives the line it was read from.
func Copied(err error) error {
	var value *schema.ValueError
	if errors.As(err, &value) {
		if s, ok := value.Value.(string); ok {
			value.Value = strings.Clone(s)
		}
	}
	return err
}

// parseArray adds the packed elements of a JSON array.
func parseArray(col *schema.Column, dst, text []byte) ([]byte, error) {
	inner, ok := bytes.CutPrefix(bytes.TrimSpace(text), []byte("["))
	if ok {
		inner, ok = bytes.CutSuffix(inner, []byte("]"))
	}
	if !ok {
		return dst, Refused(col, text, nil)
	}
	if inner = bytes.TrimSpace(inner); len(inner) == 0 {
		return dst, nil
	}
	for element := range bytes.SplitSeq(inner, []byte(",")) {
		f, err := parseFloat(col, bytes.Trim(element, " \t\r\n\""))
		if err != nil {
			return dst, Refused(col, text, err)
		}
		if col.Type == schema.Vector32 {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(f)))
		} else {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(f))
		}
	}
	return dst, nil
}
