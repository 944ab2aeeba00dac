package gen

import (
	"go/token"
	"go/types"
	"reflect"
)

// maxDepth is how deep structs may be nested. A generic type can go on for
// ever in a source that does not compile.
const maxDepth = 100

// reportInvalid adds what the compiler says about the fields of a struct that
// have no type, and what no compiler lets through: package schema looks at
// types that compile only.
func (s *source) reportInvalid(t types.Type, p *problems) {
	v := &validator{source: s, problems: p, done: map[types.Type]bool{}}
	if (goType{t}).Kind() == reflect.Invalid {
		p.add(token.NoPos, "%s has no valid type", t)
		return
	}
	v.visit(t, nil)
}

type validator struct {
	*source
	problems *problems
	done     map[types.Type]bool
}

// visit looks at the fields of a struct; within are the structs around it.
func (v *validator) visit(t types.Type, within []types.Type) {
	st, ok := t.Underlying().(*types.Struct)
	if !ok || v.done[t] {
		return
	}
	v.done[t] = true
	within = append(within, t)
	for i := range st.NumFields() {
		f := st.Field(i)
		switch {
		case reflect.StructTag(st.Tag(i)).Get("db") == "-":
		case invalid(f.Type(), map[types.Type]bool{}):
			v.problems.add(f.Pos(), "%s", v.says(f))
		case contains(within, f.Type()):
			v.problems.add(f.Pos(), "field %s is a struct within itself", f.Name())
		case len(within) >= maxDepth:
			v.problems.add(f.Pos(), "field %s is nested more than %d structs deep", f.Name(), maxDepth)
			return
		default:
			v.visit(f.Type(), within)
		}
		if len(v.problems.list) > maxDepth {
			return
		}
	}
}

func contains(within []types.Type, t types.Type) bool {
	for _, w := range within {
		if types.Identical(w, t) {
			return true
		}
	}
	return false
}

// says is the compiler's message about a field.
func (v *validator) says(f *types.Var) string {
	at := v.fset.Position(f.Pos())
	for _, e := range v.errs {
		if pos := v.fset.Position(e.Pos); pos.Filename == at.Filename && pos.Line == at.Line {
			return e.Msg
		}
	}
	return "field " + f.Name() + " has no valid type"
}

// invalid tells whether a type is, or is made of, one that is not there.
func invalid(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] || len(seen) > maxDepth {
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
