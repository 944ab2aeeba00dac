package schema

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/galley-db/galley/internal/gotype"
	"github.com/galley-db/galley/schema/internal/cell"
)

// ErrFingerprint is returned when a binder is asked for with a schema that is
// not that of its Go type.
var ErrFingerprint = errors.New("schema is not that of the Go type")

var ErrNilRow = errors.New("row is a nil pointer")

// Reflect makes the binder of T for s, which must have the fingerprint of the
// schema of T; the table name may differ. The type is inspected once: a row
// takes no reflection for fields of plain kinds, and allocates only for values
// that are read into new memory.
//
// A panic of a field's MarshalText, MarshalJSON and the like goes through to
// the caller of Bind or Scan.
//
// It returns the *[TagError] of [Of], and [ErrFingerprint].
func Reflect[T any](s *Schema) (Binder[T], error) {
	p, err := planOf(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	if s == nil || s.fingerprint != p.schema.fingerprint {
		return nil, fmt.Errorf("schema: binder of %v: %w", reflect.TypeFor[T](), ErrFingerprint)
	}
	b := &binder[T]{fingerprint: s.fingerprint, ops: make([]op, len(p.fields))}
	for i := range p.fields {
		b.ops[i] = compile(&p.fields[i], i)
	}
	return b, nil
}

type binder[T any] struct {
	fingerprint string
	ops         []op // one a column, in order
}

func (b *binder[T]) Fingerprint() string { return b.fingerprint }

func (b *binder[T]) Bind(w Writer, row *T) error {
	if row == nil {
		return &ValueError{Err: ErrNilRow}
	}
	return bindOps(b.ops, w, unsafe.Pointer(row))
}

func (b *binder[T]) Scan(r Reader, row *T) error {
	if row == nil {
		return &ValueError{Err: ErrNilRow}
	}
	return scanOps(b.ops, r, unsafe.Pointer(row))
}

// op moves one column between its place in a row and a Writer or Reader.
type op struct {
	offset   uintptr // of the field, from the start of what the op is in
	column   int
	code     code
	nullable bool // NULL reads as the zero value, nil is written as NULL
	nanNull  bool
	codec    codec  // of opCodec
	name     string // of the column, for errors
}

// code says what stands in the field.
type code uint8

const (
	opCodec code = iota // something that takes more than a load
	opBool
	opInt8
	opInt16
	opInt32
	opInt64
	opUint8
	opUint16
	opUint32
	opUint64
	opFloat32
	opFloat64
	opString
	opBytes
	opTime
)

// codec binds and scans a field that is not a plain kind. p points at the field.
type codec interface {
	bind(o *op, w Writer, p unsafe.Pointer) error
	scan(o *op, r Reader, p unsafe.Pointer) error
}

// compile makes the op of a field.
func compile(f *field, column int) op {
	o := op{column: column, nullable: f.Nullable && f.wrap == gotype.Bare, nanNull: f.NaNNull, name: f.Name}
	o.choose(f)
	switch f.wrap {
	case gotype.Pointer:
		o = op{column: column, name: f.Name, codec: &pointerCodec{elem: typeOf(f.elem), ops: []op{o}}}
	case gotype.SQLNull:
		// The value is the first field of sql.Null, at offset 0.
		whole := typeOf(f.goType)
		valid, _ := whole.FieldByName("Valid")
		o = op{column: column, name: f.Name, codec: &nullCodec{whole: whole, valid: valid.Offset, ops: []op{o}}}
	}
	o.offset = f.offset
	return o
}

// choose finds the code, or the codec, of what is within the wrap.
func (o *op) choose(f *field) {
	elem := typeOf(f.elem)
	switch f.by {
	case gotype.ByText:
		o.codec = textCodec{elem}
	case gotype.ByJSON:
		o.codec = jsonCodec{elem}
	case gotype.ByRaw:
		o.codec = rawCodec{}
	case gotype.ByValue:
		o.codec = valueCodec{elem, cell.Kind(f.Type.String())}
	case gotype.ByBytes:
		o.codec = bytesCodec{f.size}
	case gotype.BySlice, gotype.ByArray:
		o.codec = &vectorCodec{width: int(elem.Elem().Size()), array: f.by == gotype.ByArray, dim: f.Dim}
	case gotype.ByKind:
		if f.Type == Uint64 && f.Uint != UintInt {
			o.codec = uintCodec{wide: elem.Size() == 8, policy: f.Uint}
			return
		}
		o.code = codeOf(elem.Kind(), elem.Size())
	}
}

// codeOf is the code of a plain kind. An int may be of 4 bytes.
func codeOf(kind reflect.Kind, size uintptr) code {
	switch kind {
	case reflect.Bool:
		return opBool
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Int:
		return map[uintptr]code{1: opInt8, 2: opInt16, 4: opInt32, 8: opInt64}[size]
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint, reflect.Uintptr:
		return map[uintptr]code{1: opUint8, 2: opUint16, 4: opUint32, 8: opUint64}[size]
	case reflect.Float32:
		return opFloat32
	case reflect.Float64:
		return opFloat64
	case reflect.String:
		return opString
	case reflect.Slice:
		return opBytes
	}
	return opTime // the only struct among the plain kinds
}
