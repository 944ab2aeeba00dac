package schema

import (
	"database/sql"
	"database/sql/driver"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/galley-db/galley/internal/gotype"
	"github.com/galley-db/galley/schema/internal/cell"
)

var (
	valuerType  = reflect.TypeFor[driver.Valuer]()
	scannerType = reflect.TypeFor[sql.Scanner]()
)

// valueTypes are the types of what a Value may return: those that package
// database/sql/driver allows.
var valueTypes = []Type{Bool, Int64, Float64, Text, Blob, Time}

// byKind is the value of the option sql that leaves Value and Scan out: a struct
// becomes columns, and another type is stored as its Go kind is.
const byKind = "kind"

// valueNames are the values of the option sql.
func valueNames() (names []string) {
	for _, t := range valueTypes {
		names = append(names, t.String())
	}
	return append(names, byKind)
}

// byValue makes s the shape of a type whose values go through Value and Scan, if
// the tag has the option sql. A type that has both needs the option: its Value
// may return any of several types, and a caller expects that in the column. reason
// is why the type has no shape of its own; byValue returns what is left of it.
func (s *shape) byValue(t gotype.Type, tag *tag, reason string) string {
	values := s.elem.IsValue()
	name, given := tag.get("sql")
	i := slices.IndexFunc(valueTypes, func(t Type) bool { return t.String() == name })
	switch {
	case given && !values && name != byKind:
		return s.elem.String() + " does not have both Value and Scan (driver.Valuer and sql.Scanner); leave sql=" + name + " out"
	case i >= 0:
		by := shape{typ: valueTypes[i], by: gotype.ByValue}
		reason = by.unwrap(t)
		*s = by
		return reason
	case given || !values || s.by == gotype.ByText || s.elem.PkgPath() == sqlPackage:
		return reason
	}
	return s.elem.String() + " has Value and Scan, and nothing says what Value returns; tag it sql= with one of " +
		strings.Join(valueNames()[:len(valueTypes)], ", ") + ", or sql=" + byKind + " to store it without them"
}

// typePath names a Go type together with its package.
func typePath(t gotype.Type) string {
	if t.PkgPath() == "" {
		return t.String()
	}
	return t.PkgPath() + "." + t.Name()
}

// StoredByValue reports whether columns of the Go type t hold what its Value
// returns (the option sql), and whether columns of it hold something else.
func (s *Schema) StoredByValue(t reflect.Type) (value, other bool) {
	path := typePath(goType{t})
	for i := range s.columns {
		if c := &s.columns[i]; c.GoType == path {
			value, other = value || c.ByValue, other || !c.ByValue
		}
	}
	return value, other
}

// valueCodec is a type with Value and Scan.
type valueCodec struct {
	elem reflect.Type
	want cell.Kind // of what Value returns
}

func (c valueCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	return o.refuse(cell.BindValue(w, o.place(), c.want, reflect.NewAt(c.elem, p).Interface().(driver.Valuer)))
}

func (c valueCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	v := reflect.NewAt(c.elem, p)
	return o.refuse(cell.ScanValue(r, o.place(), c.want, v.Interface().(sql.Scanner), v.Elem().SetZero))
}
