package archtest

import (
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
)

// checkImports holds the imports of a file against its layer.
func checkImports(s *source) (found []Violation) {
	if name := s.ast.Name.Name; vague[name] {
		found = append(found, s.violation(s.ast.Name.Pos(), "name", "package %s: name it for what it does", name))
	}
	l, ok := layerOf(s.folder())
	if !ok {
		return append(found, s.violation(s.ast.Name.Pos(), "import", "no layer for folder %s; say what it may import", s.folder()))
	}
	for _, spec := range s.ast.Imports {
		imported := importPath(spec)
		if vague[path.Base(imported)] {
			found = append(found, s.violation(spec.Pos(), "name", "imports %s: name it for what it does", imported))
		}
		if why := l.refuses(s.path, imported); why != "" {
			found = append(found, s.violation(spec.Pos(), "import", "imports %s: %s", imported, why))
		}
	}
	return found
}

func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value // cannot be: the parser has read it
	}
	return p
}

// refuses says why file, which is in layer l, must not import a path, or "".
func (l layer) refuses(file, imported string) string {
	switch {
	case strings.HasPrefix(imported, driver):
		if matches(file, engineFiles) {
			return ""
		}
		return "only " + strings.Join(engineFiles, ", ") + " may"
	case imported == policy || strings.HasPrefix(imported, policy+"/"):
		if matches(file, policyFiles) {
			return ""
		}
		return "only " + strings.Join(policyFiles, ", ") + " may"
	case imported == Module || strings.HasPrefix(imported, Module+"/"):
		folder := strings.TrimPrefix(strings.TrimPrefix(imported, Module), "/")
		if folder != "" && l.allows(folder) {
			return ""
		}
		return l.folder + " may import " + list(l.module) + " of this module"
	case standard(imported):
		return ""
	}
	for _, p := range l.others {
		if p == "*" || strings.HasPrefix(imported, p) {
			return ""
		}
	}
	return l.folder + " may import " + list(l.others) + " of other modules"
}

func (l layer) allows(folder string) bool {
	return slices.ContainsFunc(l.module, func(m string) bool {
		return folder == m || strings.HasSuffix(m, "/") && strings.HasPrefix(folder, m)
	})
}

// standard reports whether a path is of the standard library: the first element
// of all others is a domain.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") && imported != "C"
}

func list(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
