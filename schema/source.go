package schema

import "reflect"

// GoType is what [Describe] asks of a Go type: package reflect answers for
// the types of a running program, and go/types for those of a source.
// Elem, Len, Field and the numbers are asked of the kinds that have them.
type GoType interface {
	Kind() reflect.Kind
	// Name is the type's own, with its type arguments, "" for one without.
	Name() string
	// PkgPath is the package of a type that has a name, "" for a built-in.
	PkgPath() string
	// String is the type as messages show it: "features.Scan".
	String() string
	Elem() GoType // of a pointer, a slice, an array
	Len() int     // of an array
	NumField() int
	Field(i int) GoField // of a struct
	NumMethod() int      // of an interface
	// IsText reports whether a pointer to the type has both MarshalText and
	// UnmarshalText.
	IsText() bool
	// IsTime reports whether the type converts to time.Time.
	IsTime() bool
}

// GoField is a field of a struct.
type GoField struct {
	Name     string
	Type     GoType
	Tag      reflect.StructTag
	Exported bool
	Embedded bool
	Offset   uintptr // in bytes from the start of the struct; set in a running program only
}

// Wrap is what stands around a value that may be NULL.
type Wrap uint8

// The wraps.
const (
	Bare    Wrap = iota // nothing
	Pointer             // a pointer, nil for NULL
	SQLNull             // a database/sql.Null
)

// Method is the way between a Go value and a column's.
type Method uint8

// The methods.
const (
	ByKind   Method = iota // as the Go kind is
	ByText                 // MarshalText and UnmarshalText
	ByJSON                 // encoding/json
	ByRaw                  // an encoding/json.RawMessage
	BySlice                // a vector in a slice
	ByArray                // a vector in an array
	byStruct               // no column: the struct's fields are
)

// Field is a Go field that is a column, as a binder needs it.
type Field struct {
	Column
	Wrap   Wrap
	Method Method
	Elem   GoType // the type within the wrap
	Path   []GoField
}

// Describe is [OfType] for a type that need not belong to this program. It also
// returns what a binder of it needs: one Field a column, in order. It returns a
// *[TagError] with all that is wrong with the type.
func Describe(t GoType) (*Schema, []Field, error) {
	p := makePlan(t)
	if p.err != nil {
		return nil, nil, p.err
	}
	fields := make([]Field, len(p.fields))
	for i := range p.fields {
		f := &p.fields[i]
		fields[i] = Field{Column: p.schema.columns[i], Wrap: f.wrap, Method: f.by, Elem: f.elem, Path: f.steps}
	}
	return p.schema, fields, nil
}

// goType is a type of this program.
type goType struct{ reflect.Type }

func (t goType) Elem() GoType { return goType{t.Type.Elem()} }
func (t goType) IsTime() bool { return t.ConvertibleTo(timeType) }

func (t goType) IsText() bool {
	p := reflect.PointerTo(t.Type)
	return p.Implements(marshalText) && p.Implements(unmarshalText)
}

func (t goType) Field(i int) GoField {
	f := t.Type.Field(i)
	return GoField{Name: f.Name, Type: goType{f.Type}, Tag: f.Tag, Exported: f.IsExported(), Embedded: f.Anonymous, Offset: f.Offset}
}

// isType reports whether t is the named type known.
func isType(t GoType, known reflect.Type) bool {
	return t.Name() == known.Name() && t.PkgPath() == known.PkgPath()
}

// typeOf is the type of this program that t is.
func typeOf(t GoType) reflect.Type { return t.(goType).Type }
