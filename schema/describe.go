package schema

import (
	"reflect"

	"github.com/galley-db/galley/internal/gotype"
)

// Describe is [OfType] for a type that need not be a type of this program. It
// also returns the Go side of each column, in order. It exists for the command
// that generates binders. It returns a *[TagError] that lists everything wrong
// with the type.
func Describe(t gotype.Type) (*Schema, []gotype.Value, error) {
	p := makePlan(t)
	if p.err != nil {
		return nil, nil, p.err
	}
	values := make([]gotype.Value, len(p.fields))
	for i := range p.fields {
		f := &p.fields[i]
		values[i] = gotype.Value{Wrap: f.wrap, Method: f.by, Elem: f.elem, Path: f.steps}
	}
	return p.schema, values, nil
}

// goType is a type of this program.
type goType struct{ reflect.Type }

func (t goType) Elem() gotype.Type { return goType{t.Type.Elem()} }
func (t goType) IsTime() bool      { return t.ConvertibleTo(timeType) }

func (t goType) IsJSON() bool {
	p := reflect.PointerTo(t.Type)
	return p.Implements(marshalJSON) || p.Implements(marshalText)
}

func (t goType) IsValue() bool {
	p := reflect.PointerTo(t.Type)
	return p.Implements(valuerType) && p.Implements(scannerType)
}

func (t goType) IsText() bool {
	p := reflect.PointerTo(t.Type)
	return p.Implements(marshalText) && p.Implements(unmarshalText)
}

func (t goType) Field(i int) gotype.Field {
	f := t.Type.Field(i)
	return gotype.Field{Name: f.Name, Type: goType{f.Type}, Tag: f.Tag, Exported: f.IsExported(), Embedded: f.Anonymous, Offset: f.Offset}
}

// isType reports whether t is the named type known.
func isType(t gotype.Type, known reflect.Type) bool {
	return t.Name() == known.Name() && t.PkgPath() == known.PkgPath()
}

// typeOf is the type of this program that t is.
func typeOf(t gotype.Type) reflect.Type { return t.(goType).Type }
