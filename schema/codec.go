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

// pointerCodec is a pointer, nil for NULL.
type pointerCodec struct {
	elem reflect.Type
	ops  []op // the one of what it points at
}

func (c *pointerCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	target := *(*unsafe.Pointer)(p)
	if target == nil {
		w.Null(o.column)
		return nil
	}
	return bindOps(c.ops, w, target)
}

// scan makes a new value: the old one may be another row's by now.
func (c *pointerCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	if r.IsNull(o.column) {
		*(*unsafe.Pointer)(p) = nil
		return nil
	}
	target := reflect.New(c.elem).UnsafePointer()
	*(*unsafe.Pointer)(p) = target
	return scanOps(c.ops, r, target)
}

// nullCodec is an sql.Null.
type nullCodec struct {
	whole reflect.Type
	valid uintptr // offset of the field Valid
	ops   []op    // the one of the field V
}

func (c *nullCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	if !*(*bool)(unsafe.Add(p, c.valid)) {
		w.Null(o.column)
		return nil
	}
	return bindOps(c.ops, w, p)
}

func (c *nullCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	reflect.NewAt(c.whole, p).Elem().SetZero()
	if r.IsNull(o.column) {
		return nil
	}
	*(*bool)(unsafe.Add(p, c.valid)) = true
	return scanOps(c.ops, r, p)
}

// null deals with a NULL that is to be read into a value of type t at p.
func (o *op) null(r Reader, t reflect.Type, p unsafe.Pointer) (done bool, err error) {
	if !r.IsNull(o.column) {
		return false, nil
	}
	if !o.nullable {
		return true, o.fail(nil, ErrNull)
	}
	reflect.NewAt(t, p).Elem().SetZero()
	return true, nil
}

// textCodec is a type with MarshalText and UnmarshalText.
type textCodec struct{ elem reflect.Type }

func (c textCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	v := reflect.NewAt(c.elem, p)
	text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		return o.fail(nil, fmt.Errorf("MarshalText of %v: %w", c.elem, err))
	}
	w.Text(o.column, viewText(text))
	return nil
}

func (c textCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	if done, err := o.null(r, c.elem, p); done {
		return err
	}
	text := r.Text(o.column)
	v := reflect.NewAt(c.elem, p)
	v.Elem().SetZero() // what was there is another row's
	if err := v.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
		return o.fail(text, fmt.Errorf("UnmarshalText of %v: %w", c.elem, err))
	}
	return nil
}

// jsonCodec is a type that goes through encoding/json.
type jsonCodec struct{ elem reflect.Type }

func (c jsonCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	v := reflect.NewAt(c.elem, p)
	if o.nullable {
		switch c.elem.Kind() {
		case reflect.Map, reflect.Slice, reflect.Interface:
			if v.Elem().IsNil() {
				w.Null(o.column)
				return nil
			}
		}
	}
	text, err := json.Marshal(v.Interface())
	if err != nil {
		return o.fail(nil, joinCause(ErrJSON, err))
	}
	w.Text(o.column, viewText(text))
	return nil
}

func (c jsonCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	if done, err := o.null(r, c.elem, p); done {
		return err
	}
	text := r.Text(o.column)
	v := reflect.NewAt(c.elem, p)
	v.Elem().SetZero() // Unmarshal would add to what is there
	if err := json.Unmarshal([]byte(text), v.Interface()); err != nil {
		return o.fail(text, joinCause(ErrJSON, err))
	}
	return nil
}

// rawCodec is a json.RawMessage: JSON that is not looked into.
type rawCodec struct{}

func (rawCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	v := *(*[]byte)(p)
	if v == nil && o.nullable {
		w.Null(o.column)
		return nil
	}
	if !json.Valid(v) {
		return o.fail(v, ErrJSON)
	}
	w.Text(o.column, viewText(v))
	return nil
}

func (rawCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	if done, err := o.null(r, rawType, p); done {
		return err
	}
	text := []byte(r.Text(o.column))
	if !json.Valid(text) {
		return o.fail(text, ErrJSON)
	}
	*(*[]byte)(p) = text
	return nil
}

// uintDigits is how many digits math.MaxUint64 has.
const uintDigits = 20

// uintCodec is a uint64 in its full range.
type uintCodec struct {
	wide bool // 8 bytes, not 4
	text bool // digits, not bytes
}

func (c uintCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	v := uint64(0)
	if c.wide {
		v = *(*uint64)(p)
	} else {
		v = uint64(*(*uint32)(p))
	}
	if c.text {
		w.Text(o.column, fmt.Sprintf("%0*d", uintDigits, v))
		return nil
	}
	w.Blob(o.column, binary.BigEndian.AppendUint64(nil, v))
	return nil
}

func (c uintCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	v := uint64(0)
	if r.IsNull(o.column) {
		if !o.nullable {
			return o.fail(nil, ErrNull)
		}
	} else if c.text {
		text := r.Text(o.column)
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return o.fail(text, joinCause(ErrOverflow, err))
		}
		v = n
	} else {
		blob := r.Blob(o.column)
		if len(blob) != 8 {
			return o.fail(append([]byte(nil), blob...), fmt.Errorf("%d bytes where 8 go: %w", len(blob), ErrOverflow))
		}
		v = binary.BigEndian.Uint64(blob)
	}
	if c.wide {
		*(*uint64)(p) = v
		return nil
	}
	if v != uint64(uint32(v)) {
		return o.fail(v, ErrOverflow)
	}
	*(*uint32)(p) = uint32(v)
	return nil
}

// viewText is b as a string, without a copy: a Writer keeps nothing.
func viewText(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
