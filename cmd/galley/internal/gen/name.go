package gen

import (
	"go/types"
	"path"
	"slices"
	"strconv"
	"strings"
)

// scope hands out names for a generated file.
type scope struct {
	src     *source
	imports map[string]string // name by path
	taken   map[string]bool
}

func newScope(src *source) *scope {
	return &scope{src: src, imports: map[string]string{}, taken: map[string]bool{}}
}

// free is a name that nothing in the package or the file has.
func (s *scope) free(name string) string {
	for s.taken[name] || s.src.pkg.Scope().Lookup(name) != nil || types.Universe.Lookup(name) != nil {
		name += "_"
	}
	s.taken[name] = true
	return name
}

// use imports a package, and returns the name that it has in the file.
func (s *scope) use(p *types.Package) string { return s.usePath(p.Path(), p.Name()) }

func (s *scope) usePath(importPath, name string) string {
	if known, ok := s.imports[importPath]; ok {
		return known
	}
	name = s.free(name)
	s.imports[importPath] = name
	return name
}

// block is the file's import declaration.
func (s *scope) block() string {
	paths := make([]string, 0, len(s.imports))
	for p := range s.imports {
		paths = append(paths, p)
	}
	slices.SortFunc(paths, func(a, b string) int {
		if std := strings.Compare(strconv.FormatBool(strings.Contains(a, ".")), strconv.FormatBool(strings.Contains(b, "."))); std != 0 {
			return std
		}
		return strings.Compare(a, b)
	})
	var b strings.Builder
	b.WriteString("import (\n")
	group := false
	for _, p := range paths {
		if outside := strings.Contains(p, "."); outside != group && b.Len() > len("import (\n") {
			b.WriteString("\n")
			group = outside
		}
		if name := s.imports[p]; name != path.Base(p) {
			b.WriteString(name + " ")
		}
		b.WriteString(strconv.Quote(p) + "\n")
	}
	return b.String() + ")\n"
}

// typeName is the type as the file writes it. reason says why it cannot.
func (s *scope) typeName(t types.Type) (name, reason string) {
	name = types.TypeString(t, func(p *types.Package) string {
		if p == s.src.pkg {
			return ""
		}
		return s.use(p)
	})
	eachNamed(t, map[types.Type]bool{}, func(n *types.TypeName) {
		switch {
		case n.Pkg() == nil || n.Pkg() == s.src.pkg:
		case !n.Exported():
			reason = n.Pkg().Name() + "." + n.Name() + " is not exported, and package " + s.src.pkg.Name() + " has to name it"
		case !importable(n.Pkg().Path(), s.src.pkg.Path()):
			reason = "package " + n.Pkg().Path() + " cannot be imported here, and " + n.Name() + " is its type"
		}
	})
	return name, reason
}

// eachNamed calls f for every name that the text of a type has in it.
func eachNamed(t types.Type, seen map[types.Type]bool, f func(*types.TypeName)) {
	if seen[t] {
		return
	}
	seen[t] = true
	switch u := t.(type) {
	case *types.Alias:
		f(u.Obj())
		for arg := range u.TypeArgs().Types() {
			eachNamed(arg, seen, f)
		}
	case *types.Named:
		f(u.Obj())
		for arg := range u.TypeArgs().Types() {
			eachNamed(arg, seen, f)
		}
	case *types.Map:
		eachNamed(u.Key(), seen, f)
		eachNamed(u.Elem(), seen, f)
	case *types.Struct:
		for v := range u.Fields() {
			eachNamed(v.Type(), seen, f)
		}
	case interface{ Elem() types.Type }:
		eachNamed(u.Elem(), seen, f)
	}
}

// importable reports whether a package may be imported from another, as the go
// command does (https://go.dev/s/go14internal).
func importable(imported, from string) bool {
	parts := strings.Split(imported, "/")
	i := slices.Index(parts, "internal")
	if i < 0 {
		return parts[0] != "main"
	}
	for k := len(parts) - 1; k > i; k-- {
		if parts[k] == "internal" {
			i = k
			break
		}
	}
	root := strings.Join(parts[:i], "/")
	return from == root || strings.HasPrefix(from, root+"/") || root == ""
}
