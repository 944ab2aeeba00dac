package schema

import (
	"database/sql"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/galley-db/galley/internal/gotype"
)

// shape is how a Go type holds the value of a column.
type shape struct {
	wrap gotype.Wrap
	elem gotype.Type // the type within the wrap
	typ  Type
	by   gotype.Method
	dim  int // of an array of floats
	size int // of an array of bytes
}

var (
	timeType      = reflect.TypeFor[time.Time]()
	durationType  = reflect.TypeFor[time.Duration]()
	rawType       = reflect.TypeFor[json.RawMessage]()
	marshalText   = reflect.TypeFor[encoding.TextMarshaler]()
	marshalJSON   = reflect.TypeFor[json.Marshaler]()
	unmarshalText = reflect.TypeFor[encoding.TextUnmarshaler]()
	sqlPackage    = reflect.TypeFor[sql.NullString]().PkgPath()
)

// unwrap finds what stands around the value. reason says why that cannot be.
func (s *shape) unwrap(t gotype.Type) (reason string) {
	s.elem = t
	switch {
	case isSQLNull(t):
		s.wrap, s.elem = gotype.SQLNull, t.Field(0).Type
	case t.Kind() == reflect.Pointer:
		s.wrap, s.elem = gotype.Pointer, t.Elem()
	}
	if e := s.elem; e.PkgPath() == sqlPackage && strings.HasPrefix(e.Name(), "Null") && !isSQLNull(e) {
		return fmt.Sprintf("sql.%s is not supported; use sql.Null[%s]", e.Name(), e.Field(0).Type)
	}
	if s.wrap != gotype.Bare && (isSQLNull(s.elem) || s.elem.Kind() == reflect.Pointer) {
		return t.String() + " has two ways to be NULL; use a pointer or sql.Null[T] of a plain type"
	}
	return ""
}

// shapeOf finds the shape of a type. reason says why it has none.
func shapeOf(t gotype.Type, asJSON bool) (s shape, reason string) {
	if reason := s.unwrap(t); reason != "" {
		return s, reason
	}
	if asJSON {
		s.typ, s.by = JSON, gotype.ByJSON
		if isType(s.elem, rawType) {
			s.by = gotype.ByRaw
		}
		reason = jsonReason(s.elem)
		if name := lostInJSON(s.elem, map[string]bool{}); name != "" && reason == "" {
			reason = name + " has no field that encoding/json writes: each value would be stored as {}; " +
				`export fields, give it MarshalJSON and UnmarshalJSON, or tag it db:"-" to leave it out`
		}
		return s, reason
	}
	reason = s.classify()
	if reason == "" && s.by == gotype.ByStruct && s.wrap != gotype.Bare {
		reason = t.String() + " is not supported: nil and a struct of zero values would be stored as the same row; use " + s.elem.String() + " itself, or tag it json"
	}
	return s, reason
}

func isSQLNull(t gotype.Type) bool {
	return t.PkgPath() == sqlPackage && strings.HasPrefix(t.Name(), "Null[")
}

// kindTypes are the column types of the kinds that have one.
var kindTypes = map[reflect.Kind]Type{
	reflect.Bool: Bool,
	reflect.Int8: Int8, reflect.Int16: Int16, reflect.Int32: Int32, reflect.Int64: Int64, reflect.Int: Int64,
	reflect.Uint8: Uint8, reflect.Uint16: Uint16, reflect.Uint32: Uint32, reflect.Uint64: Uint64,
	reflect.Uint: Uint64, reflect.Uintptr: Uint64,
	reflect.Float32: Float32, reflect.Float64: Float64, reflect.String: Text,
}

// vectorTypes are the vectors of the kinds of float.
var vectorTypes = map[reflect.Kind]Type{reflect.Float32: Vector32, reflect.Float64: Vector64}

// classify finds the type of what is within the wrap, and the way to it.
func (s *shape) classify() (reason string) {
	t := s.elem
	kind := t.Kind()
	switch {
	case isType(t, timeType):
		s.typ = Time
		return ""
	case isType(t, durationType):
		s.typ = Duration
		return ""
	case isType(t, rawType):
		s.typ, s.by = JSON, gotype.ByRaw
		return ""
	case kind != reflect.Interface && t.IsText():
		s.typ, s.by = Text, gotype.ByText
		return ""
	case kind == reflect.Struct && t.IsTime(): // type Stamp time.Time
		s.typ = Time
		return ""
	case kind == reflect.Struct:
		s.by = gotype.ByStruct
		return ""
	case kindTypes[kind] != 0:
		s.typ = kindTypes[kind]
		return ""
	case kind == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		s.typ = Blob
		return ""
	case kind == reflect.Array && t.Elem().Kind() == reflect.Uint8:
		s.typ, s.by, s.size = Blob, gotype.ByBytes, t.Len()
		return unless(s.size > 0 && s.size <= maxBytes, fmt.Sprintf("an array of %d bytes is not a blob; its length is from 1 to %d", s.size, maxBytes))
	case kind == reflect.Slice && vectorTypes[t.Elem().Kind()] != 0:
		s.typ, s.by = vectorTypes[t.Elem().Kind()], gotype.BySlice
		return ""
	case kind == reflect.Array && vectorTypes[t.Elem().Kind()] != 0:
		s.typ, s.by, s.dim = vectorTypes[t.Elem().Kind()], gotype.ByArray, t.Len()
		return unless(s.dim > 0 && s.dim <= maxDim, fmt.Sprintf("an array of %d floats is not a vector; its length is from 1 to %d", s.dim, maxDim))
	}
	if reason := jsonReason(t); reason != "" {
		return t.String() + ` is not supported; tag it db:"-" to leave it out`
	}
	return t.String() + ` is not supported as it is; tag it json to store it as JSON, or db:"-" to leave it out`
}

// jsonReason says why encoding/json can do nothing with a type.
func jsonReason(t gotype.Type) string {
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return ""
		}
	default:
		return ""
	}
	return t.String() + ` cannot be read from JSON; tag it db:"-" to leave it out`
}

// promotes reports whether the fields of an embedded struct, or of a struct that
// an embedded pointer points at, are fields of the row as well.
func (s *shape) promotes(sf gotype.Field) bool {
	if !sf.Embedded || s.by != gotype.ByStruct || s.wrap == gotype.SQLNull {
		return false
	}
	for i := range s.elem.NumField() {
		if f := s.elem.Field(i); s.wrap == gotype.Bare || f.Exported || f.Embedded {
			return true
		}
	}
	return s.wrap == gotype.Bare
}
