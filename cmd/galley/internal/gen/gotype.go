package gen

import (
	"go/token"
	"go/types"
	"reflect"

	"github.com/galley-db/galley/internal/gotype"
)

// goType is a type of a source as package schema looks at it.
type goType struct{ types.Type }

var basicKinds = map[types.BasicKind]reflect.Kind{
	types.Bool: reflect.Bool, types.String: reflect.String,
	types.Int: reflect.Int, types.Int8: reflect.Int8, types.Int16: reflect.Int16, types.Int32: reflect.Int32, types.Int64: reflect.Int64,
	types.Uint: reflect.Uint, types.Uint8: reflect.Uint8, types.Uint16: reflect.Uint16, types.Uint32: reflect.Uint32, types.Uint64: reflect.Uint64,
	types.Uintptr: reflect.Uintptr, types.UnsafePointer: reflect.UnsafePointer,
	types.Float32: reflect.Float32, types.Float64: reflect.Float64, types.Complex64: reflect.Complex64, types.Complex128: reflect.Complex128,
}

func (t goType) Kind() reflect.Kind {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return basicKinds[u.Kind()]
	case *types.Pointer:
		return reflect.Pointer
	case *types.Slice:
		return reflect.Slice
	case *types.Array:
		return reflect.Array
	case *types.Struct:
		return reflect.Struct
	case *types.Map:
		return reflect.Map
	case *types.Chan:
		return reflect.Chan
	case *types.Signature:
		return reflect.Func
	case *types.Interface:
		return reflect.Interface
	}
	return reflect.Invalid
}

func (t goType) Name() string {
	switch n := types.Unalias(t.Type).(type) {
	case *types.Basic:
		return n.Name()
	case *types.Named:
		return types.TypeString(n, func(p *types.Package) string {
			if p == n.Obj().Pkg() {
				return ""
			}
			return p.Name()
		})
	}
	return ""
}

func (t goType) PkgPath() string {
	if n, ok := types.Unalias(t.Type).(*types.Named); ok && n.Obj().Pkg() != nil {
		return n.Obj().Pkg().Path()
	}
	return ""
}

func (t goType) String() string {
	return types.TypeString(types.Unalias(t.Type), (*types.Package).Name)
}

func (t goType) Elem() gotype.Type {
	if e, ok := t.Underlying().(interface{ Elem() types.Type }); ok {
		return goType{e.Elem()}
	}
	return goType{types.Typ[types.Invalid]}
}

func (t goType) Len() int {
	if a, ok := t.Underlying().(*types.Array); ok {
		return int(a.Len())
	}
	return 0
}

func (t goType) NumField() int {
	if s, ok := t.Underlying().(*types.Struct); ok {
		return s.NumFields()
	}
	return 0
}

func (t goType) Field(i int) gotype.Field {
	s := t.Underlying().(*types.Struct) // asked of a struct only
	f := s.Field(i)
	return gotype.Field{
		Name: f.Name(), Type: goType{f.Type()}, Tag: reflect.StructTag(s.Tag(i)), Exported: f.Exported(), Embedded: f.Embedded(),
	}
}

func (t goType) NumMethod() int {
	if i, ok := t.Underlying().(*types.Interface); ok {
		return i.NumMethods()
	}
	return 0
}

func (t goType) IsText() bool {
	p := types.NewPointer(t.Type)
	return types.Implements(p, marshaler) && types.Implements(p, unmarshaler)
}

// IsValue looks at the methods by their signatures: the Value of
// database/sql/driver is a type of its own in each package that is loaded.
func (t goType) IsValue() bool {
	value, scan := t.method("Value"), t.method("Scan")
	if value == nil || scan == nil {
		return false
	}
	if value.Params().Len() != 0 || value.Results().Len() != 2 || scan.Params().Len() != 1 || scan.Variadic() || scan.Results().Len() != 1 {
		return false
	}
	returned := goType{value.Results().At(0).Type()}
	taken, ok := types.Unalias(scan.Params().At(0).Type()).(*types.Interface)
	return returned.PkgPath() == "database/sql/driver" && returned.Name() == "Value" && ok && taken.Empty() &&
		types.Identical(value.Results().At(1).Type(), errorType) && types.Identical(scan.Results().At(0).Type(), errorType)
}

// method is the signature of a method of a pointer to the type, nil for none.
func (t goType) method(name string) *types.Signature {
	selection := types.NewMethodSet(types.NewPointer(t.Type)).Lookup(nil, name)
	if selection == nil {
		return nil
	}
	signature, _ := selection.Type().(*types.Signature)
	return signature
}

func (t goType) IsJSON() bool {
	p := types.NewPointer(t.Type)
	return types.Implements(p, marshaler) || types.Implements(p, jsonMarshaler)
}

// IsTime recognizes time.Time's struct by a field that no other package can have.
func (t goType) IsTime() bool {
	s, ok := t.Underlying().(*types.Struct)
	if !ok || s.NumFields() == 0 {
		return false
	}
	f := s.Field(0)
	return f.Name() == "wall" && f.Pkg().Path() == "time"
}

// The interfaces of package encoding.
var (
	bytesType     = types.NewSlice(types.Typ[types.Byte])
	errorType     = types.Universe.Lookup("error").Type()
	marshaler     = oneMethod("MarshalText", nil, []types.Type{bytesType, errorType})
	jsonMarshaler = oneMethod("MarshalJSON", nil, []types.Type{bytesType, errorType})
	unmarshaler   = oneMethod("UnmarshalText", []types.Type{bytesType}, []types.Type{errorType})
)

func oneMethod(name string, params, results []types.Type) *types.Interface {
	tuple := func(list []types.Type) *types.Tuple {
		vars := make([]*types.Var, len(list))
		for i, t := range list {
			vars[i] = types.NewParam(token.NoPos, nil, "", t)
		}
		return types.NewTuple(vars...)
	}
	sig := types.NewSignatureType(nil, nil, nil, tuple(params), tuple(results), false)
	return types.NewInterfaceType([]*types.Func{types.NewFunc(token.NoPos, nil, name, sig)}, nil).Complete()
}
