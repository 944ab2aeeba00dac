package archtest

import (
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
)

// CheckExports returns where a type of the driver or the policy shows in the
// exported API of a package. It follows what the API is made of: exported
// declarations, the package's own types that these lead to, exported or not, and
// the methods of both. Unexported fields and methods do not count. root is the
// folder that violations name files from.
func CheckExports(p *types.Package, fset *token.FileSet, root string) []Violation {
	w := &exportWalk{pkg: p, fset: fset, root: root, seen: map[*types.TypeName]bool{}}
	for _, name := range p.Scope().Names() {
		if obj := p.Scope().Lookup(name); obj.Exported() {
			w.typ(obj.Type(), obj.Pos())
		}
	}
	slices.SortFunc(w.found, func(a, b Violation) int {
		if a.File != b.File {
			return strings.Compare(a.File, b.File)
		}
		return a.Line - b.Line
	})
	return slices.Compact(w.found)
}

type exportWalk struct {
	pkg   *types.Package
	fset  *token.FileSet
	root  string
	seen  map[*types.TypeName]bool // own types that were walked through
	found []Violation
}

// typ walks through a type that shows at a position.
func (w *exportWalk) typ(t types.Type, at token.Pos) {
	switch t := t.(type) {
	case *types.Alias:
		if at, ok := w.name(t.Obj(), at); ok {
			w.typ(t.Rhs(), at)
		}
		w.list(t.TypeArgs(), at)
	case *types.Named:
		w.list(t.TypeArgs(), at)
		if at, ok := w.name(t.Obj(), at); ok {
			w.named(t.Origin(), at)
		}
	case *types.Signature:
		for v := range t.TypeParams().TypeParams() {
			w.typ(v.Constraint(), at)
		}
		w.tuple(t.Params(), at)
		w.tuple(t.Results(), at)
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() || f.Embedded() { // an embedded type lends its methods
				w.typ(f.Type(), f.Pos())
			}
		}
	case *types.Interface:
		for m := range t.ExplicitMethods() {
			if m.Exported() {
				w.typ(m.Type(), m.Pos())
			}
		}
		for e := range t.EmbeddedTypes() {
			w.typ(e, at)
		}
	case *types.Union:
		for term := range t.Terms() {
			w.typ(term.Type(), at)
		}
	case *types.Map:
		w.typ(t.Key(), at)
		w.typ(t.Elem(), at)
	case interface{ Elem() types.Type }: // a pointer, slice, array or channel
		w.typ(t.Elem(), at)
	}
}

// name reports whether a type's name is the package's own and is met for the first
// time, with its position.
func (w *exportWalk) name(obj *types.TypeName, at token.Pos) (token.Pos, bool) {
	switch {
	case obj.Pkg() == nil:
		return at, false
	case hidden(obj.Pkg().Path()):
		pos := w.fset.Position(at)
		file, err := filepath.Rel(w.root, pos.Filename)
		if err != nil {
			file = pos.Filename
		}
		w.found = append(w.found, Violation{filepath.ToSlash(file), pos.Line, "export", obj.Pkg().Path() + "." + obj.Name() + " shows in the exported API"})
		return at, false
	case obj.Pkg() != w.pkg || w.seen[obj]:
		return at, false
	}
	w.seen[obj] = true
	return obj.Pos(), true
}

// named walks through a type of the package, once.
func (w *exportWalk) named(t *types.Named, at token.Pos) {
	for v := range t.TypeParams().TypeParams() {
		w.typ(v.Constraint(), at)
	}
	w.typ(t.Underlying(), at)
	for m := range t.Methods() {
		if m.Exported() {
			w.typ(m.Type(), m.Pos())
		}
	}
}

func (w *exportWalk) tuple(t *types.Tuple, at token.Pos) {
	for v := range t.Variables() {
		w.typ(v.Type(), at)
	}
}

func (w *exportWalk) list(l *types.TypeList, at token.Pos) {
	for t := range l.Types() {
		w.typ(t, at)
	}
}

// hidden reports whether a package must not show in the API.
func hidden(imported string) bool {
	return strings.HasPrefix(imported, driver) || strings.HasPrefix(imported, policy)
}
