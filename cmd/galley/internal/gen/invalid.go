package gen

import (
	"go/token"
	"go/types"
	"reflect"
)

// reportInvalid adds what the compiler says about a struct that it has no
// type for, or whose fields have none: package schema looks at types that
// compile only. A type without end is one that has none, too.
func (s *source) reportInvalid(t types.Type, at token.Pos, p *problems) {
	v := &validator{source: s, problems: p, done: map[types.Type]bool{}}
	if (goType{t}).Kind() == reflect.Invalid {
		p.add(at, "%s", v.says(at))
		return
	}
	v.visit(t)
}

type validator struct {
	*source
	problems *problems
	done     map[types.Type]bool
}

// visit looks at the fields of a struct, and of the structs within.
func (v *validator) visit(t types.Type) {
	st, ok := t.Underlying().(*types.Struct)
	if !ok || v.done[t] {
		return
	}
	v.done[t] = true
	for i := range st.NumFields() {
		f := st.Field(i)
		switch {
		case reflect.StructTag(st.Tag(i)).Get("db") == "-":
		case invalid(f.Type(), map[types.Type]bool{}):
			v.problems.add(f.Pos(), "%s", v.says(f.Pos()))
		default:
			v.visit(f.Type())
		}
	}
}

// says is the compiler's message about a line.
func (v *validator) says(pos token.Pos) string {
	at := v.fset.Position(pos)
	for _, e := range v.errs {
		if p := v.fset.Position(e.Pos); p.Filename == at.Filename && p.Line == at.Line {
			return e.Msg
		}
	}
	return "the type is not valid; see what go vet reports about the package"
}

// invalid reports whether a type is undefined, or contains an undefined type.
func invalid(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch u := types.Unalias(t).(type) {
	case *types.Basic:
		return u.Kind() == types.Invalid
	case *types.Map:
		return invalid(u.Key(), seen) || invalid(u.Elem(), seen)
	case *types.Named:
		for arg := range u.TypeArgs().Types() {
			if invalid(arg, seen) {
				return true
			}
		}
		if _, ok := u.Underlying().(*types.Struct); ok {
			return false // its fields are looked at one by one
		}
		return invalid(u.Underlying(), seen)
	case interface{ Elem() types.Type }:
		return invalid(u.Elem(), seen)
	}
	return false
}
