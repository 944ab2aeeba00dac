package schema

import (
	"encoding"
	"encoding/json"
	"reflect"
	"unsafe"

	"github.com/galley-db/galley/schema/internal/cell"
)

// place is the op's place, for the code that it shares with generated binders.
func (o *op) place() cell.Place { return cell.Place{Index: o.column, Null: o.nullable} }

// refuse returns the error of a value that package cell refused, nil for none.
func (o *op) refuse(v any, err error) error {
	if err == nil {
		return nil
	}
	return o.fail(v, err)
}

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

// textCodec is a type with MarshalText and UnmarshalText.
type textCodec struct{ elem reflect.Type }

func (c textCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	return o.refuse(nil, cell.BindText(w, o.place(), reflect.NewAt(c.elem, p).Interface().(encoding.TextMarshaler)))
}

func (c textCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	v := reflect.NewAt(c.elem, p)
	return o.refuse(cell.ScanText(r, o.place(), v.Interface().(encoding.TextUnmarshaler), v.Elem().SetZero))
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
	return o.refuse(nil, cell.BindJSON(w, o.place(), v.Interface()))
}

func (c jsonCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	v := reflect.NewAt(c.elem, p)
	return o.refuse(cell.ScanJSON(r, o.place(), v.Interface(), v.Elem().SetZero))
}

// rawCodec is a json.RawMessage: JSON that is stored as it is.
type rawCodec struct{}

func (rawCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	return o.refuse(cell.BindRaw(w, o.place(), *(*json.RawMessage)(p)))
}

func (rawCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	return o.refuse(cell.ScanRaw(r, o.place(), (*json.RawMessage)(p)))
}

// bytesCodec is an array of so many bytes.
type bytesCodec struct{ size int }

func (c bytesCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	w.Blob(o.column, unsafe.Slice((*byte)(p), c.size))
	return nil
}

func (c bytesCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	return o.refuse(cell.ScanBytes(r, o.place(), unsafe.Slice((*byte)(p), c.size)))
}

// uintCodec is a uint64 in its full range.
type uintCodec struct {
	wide   bool // 8 bytes, not 4
	policy UintPolicy
}

func (c uintCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	v := uint64(0)
	if c.wide {
		v = *(*uint64)(p)
	} else {
		v = uint64(*(*uint32)(p))
	}
	cell.BindUint(w, o.place(), c.policy == UintText, v)
	return nil
}

func (c uintCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	v, refused, err := cell.ScanUint(r, o.place(), c.policy == UintText)
	if err != nil {
		return o.fail(refused, err)
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
