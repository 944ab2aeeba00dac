package archtest

import (
	"go/ast"
	"go/token"
	"path"
	"strings"
)

// checkExports finds types of the driver and the policy in the exported API of
// a package. It follows what the API is made of: exported declarations, the
// unexported types that these lead to, and the methods of both. Unexported
// fields and the bodies of functions do not count.
func checkExports(files []*source) []Violation {
	w := &exportWalk{
		types:   map[string]typeSpec{},
		methods: map[string][]function{},
		funcs:   map[string]function{},
		seen:    map[string]bool{},
	}
	for _, s := range files {
		w.collect(s)
		for _, spec := range s.ast.Imports {
			if hidden(importPath(spec)) && spec.Name != nil && spec.Name.Name == "." {
				w.found = append(w.found, s.violation(spec.Pos(), "export", "dot import of %s hides where its names show", importPath(spec)))
			}
		}
	}
	for _, s := range files {
		w.at(s)
		w.exported(s.ast.Decls)
	}
	return w.found
}

type typeSpec struct {
	in   *source
	spec *ast.TypeSpec
}

type function struct {
	in *source
	fn *ast.FuncDecl
}

type exportWalk struct {
	types   map[string]typeSpec
	methods map[string][]function // by the name of their type
	funcs   map[string]function
	seen    map[string]bool // types that were walked through
	found   []Violation

	in      *source
	foreign map[string]string // local names of the packages that must not show
}

func (w *exportWalk) at(s *source) {
	w.in, w.foreign = s, foreignNames(s)
}

func (w *exportWalk) report(pos token.Pos, imported, name string) {
	w.found = append(w.found, w.in.violation(pos, "export", "%s.%s shows in the exported API", imported, name))
}

func (w *exportWalk) collect(s *source) {
	for _, d := range s.ast.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil && len(d.Recv.List) == 1 {
				name := baseName(d.Recv.List[0].Type)
				w.methods[name] = append(w.methods[name], function{s, d})
			} else {
				w.funcs[d.Name.Name] = function{s, d}
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if t, ok := spec.(*ast.TypeSpec); ok {
					w.types[t.Name.Name] = typeSpec{s, t}
				}
			}
		}
	}
}

func (w *exportWalk) exported(decls []ast.Decl) {
	for _, d := range decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.IsExported() {
				w.expr(d.Type)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if spec.Name.IsExported() {
						w.typ(spec.Name.Name)
					}
				case *ast.ValueSpec:
					w.values(spec)
				}
			}
		}
	}
}

func (w *exportWalk) values(spec *ast.ValueSpec) {
	shown := false
	for i, name := range spec.Names {
		if !name.IsExported() {
			continue
		}
		shown = true
		if spec.Type == nil && i < len(spec.Values) {
			w.value(spec.Values[i])
		}
	}
	if shown && spec.Type != nil {
		w.expr(spec.Type)
	}
}

// value walks through what gives an expression its type, as far as that can be
// read from the expression.
func (w *exportWalk) value(e ast.Expr) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		w.value(e.X)
	case *ast.UnaryExpr:
		w.value(e.X)
	case *ast.StarExpr:
		w.value(e.X)
	case *ast.BinaryExpr:
		w.value(e.X)
		w.value(e.Y)
	case *ast.SelectorExpr:
		w.expr(e)
	case *ast.CompositeLit:
		w.expr(e.Type)
	case *ast.FuncLit:
		w.expr(e.Type)
	case *ast.CallExpr:
		w.value(e.Fun)
	case *ast.Ident: // called or converted to, or another value, which is declared somewhere
		w.typ(e.Name)
		if f, ok := w.funcs[e.Name]; ok && f.fn.Type.Results != nil {
			back := w.in
			defer w.at(back)
			w.at(f.in)
			w.expr(&ast.FuncType{Params: f.fn.Type.Results})
		}
	}
}

// typ walks through a type of the package, once.
func (w *exportWalk) typ(name string) {
	t, ok := w.types[name]
	if !ok || w.seen[name] {
		return
	}
	w.seen[name] = true
	back := w.in
	defer w.at(back)
	w.at(t.in)
	if t.spec.TypeParams != nil {
		w.expr(&ast.FuncType{Params: t.spec.TypeParams})
	}
	w.expr(t.spec.Type)
	for _, m := range w.methods[name] {
		if m.fn.Name.IsExported() {
			w.at(m.in)
			w.expr(m.fn.Type)
		}
	}
}

// expr walks through a type expression.
func (w *exportWalk) expr(e ast.Expr) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				if imported, ok := w.foreign[x.Name]; ok {
					w.report(n.Pos(), imported, n.Sel.Name)
				}
			}
			return false
		case *ast.StructType:
			for _, f := range n.Fields.List {
				if len(f.Names) == 0 || anyExported(f.Names) {
					w.expr(f.Type) // an embedded type lends its methods
				}
			}
			return false
		case *ast.InterfaceType:
			for _, f := range n.Methods.List {
				if len(f.Names) == 0 || anyExported(f.Names) {
					w.expr(f.Type)
				}
			}
			return false
		case *ast.Field:
			w.expr(n.Type)
			return false
		case *ast.Ident:
			w.typ(n.Name)
		}
		return true
	})
}

func anyExported(names []*ast.Ident) bool {
	for _, n := range names {
		if n.IsExported() {
			return true
		}
	}
	return false
}

// baseName is the name of a receiver's type.
func baseName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return baseName(e.X)
	case *ast.ParenExpr:
		return baseName(e.X)
	case *ast.IndexExpr:
		return baseName(e.X)
	case *ast.IndexListExpr:
		return baseName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// hidden reports whether a package must not show in the API.
func hidden(imported string) bool {
	return strings.HasPrefix(imported, driver) || strings.HasPrefix(imported, policy)
}

// foreignNames returns the names under which a file imports packages that must
// not show in the API. Without a name of its own an import goes by its last
// element, less a version and "go-", which is how these packages are called.
func foreignNames(s *source) map[string]string {
	names := map[string]string{}
	for _, spec := range s.ast.Imports {
		imported := importPath(spec)
		if !hidden(imported) {
			continue
		}
		if spec.Name != nil {
			names[spec.Name.Name] = imported
			continue
		}
		dir, base := path.Split(imported)
		if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
			base = path.Base(dir)
		}
		names[strings.TrimPrefix(base, "go-")] = imported
	}
	return names
}
