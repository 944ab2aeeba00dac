package table

import (
	"database/sql"
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
)

var (
	marshalText   = reflect.TypeFor[encoding.TextMarshaler]()
	unmarshalText = reflect.TypeFor[encoding.TextUnmarshaler]()
	rawType       = reflect.TypeFor[json.RawMessage]()
	sqlPackage    = reflect.TypeFor[sql.NullString]().PkgPath()
)

// stored returns an argument as a field of its type is stored: as its text if
// the type has MarshalText and UnmarshalText, and as its kind otherwise, even if
// it has a method Value, which no column uses. Arguments that no column holds
// are returned as they are.
func stored(arg any) (any, error) {
	v := reflect.ValueOf(arg)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil, nil
		}
		v = v.Elem()
	}
	if !v.IsValid() || v.Type() == timeType || v.Type().PkgPath() == "" {
		return arg, nil
	}
	if p := reflect.PointerTo(v.Type()); p.Implements(marshalText) && p.Implements(unmarshalText) {
		if (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.IsNil() {
			return nil, nil
		}
		at := reflect.New(v.Type())
		at.Elem().Set(v)
		text, err := at.Interface().(encoding.TextMarshaler).MarshalText()
		return string(text), err
	}
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return v.Uint(), nil
	case reflect.Float32, reflect.Float64:
		return v.Float(), nil
	case reflect.String:
		return v.String(), nil
	case reflect.Slice:
		if v.Type() == rawType {
			return string(v.Bytes()), nil
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Bytes(), nil
		}
	case reflect.Struct:
		if v.Type().PkgPath() == sqlPackage && strings.HasPrefix(v.Type().Name(), "Null[") {
			if !v.Field(1).Bool() {
				return nil, nil
			}
			return stored(v.Field(0).Interface())
		}
	}
	return arg, nil
}
