package cells

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/galley-db/galley/schema"
)

// ErrValue is returned when a text in a file is not a value of its column's type.
var ErrValue = errors.New("not a value of the column's type")

// refused returns the error of a text that is not a value of a column.
func Refused(col *schema.Column, text []byte, cause error) error {
	err := fmt.Errorf("%w (%v)", ErrValue, col.Type)
	if cause != nil {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return &schema.ValueError{Column: col.Name, Value: string(text), Err: err}
}

// parseCell adds the value that a text stands for: the inverse of appendCell,
// and generous with other spellings.
func Parse(col *schema.Column, v *Cells, text []byte) error {
	if v.Form == AsFloat {
		f, err := strconv.ParseFloat(View(text), floatBits(col))
		if err != nil {
			return Refused(col, text, errors.Unwrap(err))
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

func parseInt(col *schema.Column, text []byte) (int64, error) {
	switch col.Type {
	case schema.Bool:
		switch b, err := strconv.ParseBool(View(text)); {
		case err != nil:
			return 0, Refused(col, text, nil)
		case b:
			return 1, nil
		}
		return 0, nil
	case schema.Uint64:
		n, err := strconv.ParseUint(View(text), 10, 64)
		if err != nil {
			return 0, Refused(col, text, errors.Unwrap(err))
		}
		if n > math.MaxInt64 && col.Uint == schema.UintInt {
			return 0, &schema.ValueError{Column: col.Name, Value: n, Err: schema.ErrUintRange}
		}
		return int64(n), nil
	case schema.Time:
		return parseUnix(col, text)
	}
	n, err := strconv.ParseInt(View(text), 10, 64)
	if err != nil && col.Type == schema.Duration {
		d, durationErr := time.ParseDuration(string(text))
		n, err = int64(d), durationErr
		if err != nil {
			return 0, Refused(col, text, nil)
		}
	}
	if err != nil {
		return 0, Refused(col, text, errors.Unwrap(err))
	}
	if low, high := IntRange(col.Type); n < low || n > high {
		return 0, &schema.ValueError{Column: col.Name, Value: n, Err: schema.ErrOverflow}
	}
	return n, nil
}

// timeLayouts are the spellings of a time that are understood. One without a
// zone is in UTC.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02",
}

func ParseTime(text string) (t time.Time, err error) {
	for _, layout := range timeLayouts {
		if t, err = time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return t, ErrValue
}

// parseUnix reads a time. Outside the years 0 to 9999, which RFC 3339 has no
// spelling for, it is the number that the column stores; inside, a number
// would more likely be a date without its dashes than that.
func parseUnix(col *schema.Column, text []byte) (int64, error) {
	t, err := ParseTime(View(text))
	if err == nil {
		return col.UnixTime(t)
	}
	n, numberErr := strconv.ParseInt(View(text), 10, 64)
	if numberErr != nil || spelled(col.TimeOf(n)) {
		return 0, Refused(col, text, nil)
	}
	return n, nil
}

func parseBytes(col *schema.Column, v *Cells, text []byte) error {
	switch col.Type {
	case schema.Text:
		if err := col.CheckText(View(text)); err != nil {
			return copied(err)
		}
		v.Blob(text)
	case schema.JSON:
		if !json.Valid(text) {
			return &schema.ValueError{Column: col.Name, Value: string(text), Err: schema.ErrJSON}
		}
		v.Blob(text)
	case schema.Time:
		t, err := ParseTime(View(text))
		if err != nil {
			return Refused(col, text, nil)
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

// copied makes an error's value one that outlives the line it was read from.
func copied(err error) error {
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
		f, err := strconv.ParseFloat(strings.Trim(string(element), " \t\r\n\""), floatBits(col))
		if err != nil {
			return dst, Refused(col, text, errors.Unwrap(err))
		}
		if col.Type == schema.Vector32 {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(f)))
		} else {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(f))
		}
	}
	return dst, nil
}
