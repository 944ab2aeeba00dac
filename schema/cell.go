package schema

import (
	"encoding"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"unsafe"
)

// Cell names the place of a value for the functions that generated binders
// call where a value takes more than one method of a [Writer] or [Reader]. The
// binder of [Reflect] goes through the same code, so that both store the same
// bytes and return the same errors. Programs need it for binders written by
// hand only.
type Cell struct {
	Index int    // of the column
	Name  string // of the column, for errors
	Null  bool   // NULL reads as the zero value, and nil is stored as NULL
}

func (c Cell) fail(v any, err error) error {
	return &ValueError{Column: c.Name, Value: v, Err: err}
}

// null reports whether the value is NULL, and returns ErrNull where it must not
// be.
func (c Cell) null(r Reader) (bool, error) {
	if !r.IsNull(c.Index) {
		return false, nil
	}
	if !c.Null {
		return true, c.fail(nil, ErrNull)
	}
	return true, nil
}

// BindText stores what v, which is a pointer, makes of itself.
func BindText(w Writer, c Cell, v encoding.TextMarshaler) error {
	text, err := v.MarshalText()
	if err != nil {
		return c.fail(nil, fmt.Errorf("MarshalText of %v: %w", reflect.TypeOf(v).Elem(), err))
	}
	w.Text(c.Index, viewText(text))
	return nil
}

// ScanText sets p by its UnmarshalText, as a new value.
func ScanText[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](r Reader, c Cell, p P) error {
	null, err := c.null(r)
	if err != nil {
		return err
	}
	*p = *new(T) // the old value belongs to another row
	if null {
		return nil
	}
	return scanText(r, c, p)
}

func scanText(r Reader, c Cell, v encoding.TextUnmarshaler) error {
	text := r.Text(c.Index)
	if err := v.UnmarshalText([]byte(text)); err != nil {
		return c.fail(text, fmt.Errorf("UnmarshalText of %v: %w", reflect.TypeOf(v).Elem(), err))
	}
	return nil
}

// BindJSON stores the JSON of what v points at.
func BindJSON(w Writer, c Cell, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return c.fail(nil, joinCause(ErrJSON, err))
	}
	w.Text(c.Index, viewText(text))
	return nil
}

// ScanJSON sets p from JSON, as a new value.
func ScanJSON[T any](r Reader, c Cell, p *T) error {
	null, err := c.null(r)
	if err != nil {
		return err
	}
	*p = *new(T) // Unmarshal would add to what exists
	if null {
		return nil
	}
	return scanJSON(r, c, p)
}

func scanJSON(r Reader, c Cell, v any) error {
	text := r.Text(c.Index)
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return c.fail(text, joinCause(ErrJSON, err))
	}
	return nil
}

// BindRaw stores JSON that is not looked into.
func BindRaw(w Writer, c Cell, v json.RawMessage) error {
	if v == nil && c.Null {
		w.Null(c.Index)
		return nil
	}
	if !json.Valid(v) {
		return c.fail([]byte(v), ErrJSON)
	}
	w.Text(c.Index, viewText(v))
	return nil
}

// ScanRaw reads JSON that is not looked into.
func ScanRaw(r Reader, c Cell, p *json.RawMessage) error {
	null, err := c.null(r)
	if err != nil {
		return err
	}
	if null {
		*p = nil
		return nil
	}
	text := []byte(r.Text(c.Index))
	if !json.Valid(text) {
		return c.fail(text, ErrJSON)
	}
	*p = text
	return nil
}

// uintDigits is how many digits math.MaxUint64 has.
const uintDigits = 20

// BindUint stores the full range of a uint64 by the policy [UintText] or
// [UintBlob].
func BindUint(w Writer, c Cell, policy UintPolicy, v uint64) {
	var buf [2 * uintDigits]byte
	if policy == UintText {
		const zeros = "00000000000000000000"
		digits := strconv.AppendUint(append(buf[:0], zeros...), v, 10)
		w.Text(c.Index, viewText(digits[len(digits)-uintDigits:]))
		return
	}
	w.Blob(c.Index, binary.BigEndian.AppendUint64(buf[:0], v))
}

// ScanUint reads what [BindUint] stored.
func ScanUint(r Reader, c Cell, policy UintPolicy) (uint64, error) {
	null, err := c.null(r)
	if null || err != nil {
		return 0, err
	}
	if policy == UintText {
		text := r.Text(c.Index)
		v, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return 0, c.fail(text, joinCause(ErrOverflow, err))
		}
		return v, nil
	}
	blob := r.Blob(c.Index)
	if len(blob) != 8 {
		return 0, c.fail(append([]byte(nil), blob...), fmt.Errorf("%d bytes where 8 go: %w", len(blob), ErrOverflow))
	}
	return binary.BigEndian.Uint64(blob), nil
}

// viewText is b as a string, without a copy: a Writer keeps nothing.
func viewText(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
