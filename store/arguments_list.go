package store

import (
	"database/sql/driver"
	"encoding"
	"fmt"
	"reflect"

	"github.com/galley-db/galley/schema"
)

// expand takes the elements of slices.
func (s *statement) expand() error {
	for _, a := range s.all {
		a.values = []any{a.value}
	}
	for _, u := range s.uses {
		list := isList(u.arg.value)
		switch {
		case u.in && !u.arg.whole:
			v := reflect.ValueOf(u.arg.value)
			u.arg.values = make([]any, v.Len())
			for i := range u.arg.values {
				u.arg.values[i] = v.Index(i).Interface()
			}
		case list && (u.in || s.dialect == schema.SQLite()): // PostgreSQL has arrays
			return fmt.Errorf("%w: the argument for %s is a %T; a slice fits only IN (?), without anything else in the parentheses",
				ErrQuery, s.tokens[u.at].Text, u.arg.value)
		}
	}
	return nil
}

// isList reports whether an argument is a slice of values. A []byte is a value.
func isList(arg any) bool {
	if _, is := arg.(driver.Valuer); is || arg == nil {
		return false
	}
	t := reflect.TypeOf(arg)
	return t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8
}

var (
	valuer    = reflect.TypeFor[driver.Valuer]()
	marshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// plainArray returns the bytes of an array of bytes, which is stored as a blob,
// and other values unchanged.
func plainArray(arg any) any {
	v := reflect.ValueOf(arg)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Array || v.Type().Elem().Kind() != reflect.Uint8 {
		return arg
	}
	if p := reflect.PointerTo(v.Type()); p.Implements(valuer) || p.Implements(marshaler) {
		return arg
	}
	return ArrayBytes(v)
}

// ArrayBytes returns a copy of an array of bytes.
func ArrayBytes(v reflect.Value) []byte {
	b := make([]byte, v.Len())
	for i := range b {
		b[i] = byte(v.Index(i).Uint())
	}
	return b
}
