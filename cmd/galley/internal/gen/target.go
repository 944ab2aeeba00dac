package gen

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"unicode"

	"github.com/galley-db/galley/internal/gotype"
	"github.com/galley-db/galley/schema"
)

// target is a type to generate for.
type target struct {
	text   string // the type as the file writes it: "Pair[int]"
	ident  string // what its names begin with: "PairInt"
	typ    types.Type
	pos    token.Pos // where it is declared
	schema *schema.Schema
	fields []field // one a column
}

// field is a Go field that is a column.
type field struct {
	schema.Column
	gotype.Value
	index int
	vars  []*types.Var // from the row to the field
	sel   string       // behind the row: "Scan.Volume"
	elem  types.Type   // within the wrap
	typ   types.Type
}

// splitTypes takes a list of types apart at the commas outside brackets.
func splitTypes(list string) []string {
	var out []string
	depth, start := 0, 0
	for i, r := range list {
		switch {
		case r == '[' || r == '(' || r == '{':
			depth++
		case r == ']' || r == ')' || r == '}':
			depth--
		case r == ',' && depth == 0:
			out = append(out, strings.TrimSpace(list[start:i]))
			start = i + 1
		}
	}
	return append(out, strings.TrimSpace(list[start:]))
}

// baseName is the name of a type without its arguments, "" where the text is
// no type of the package.
func baseName(text string) string {
	expr, err := parser.ParseExpr(text)
	if err != nil || strings.Contains(text, "/") {
		return ""
	}
	switch e := expr.(type) {
	case *ast.IndexExpr:
		expr = e.X
	case *ast.IndexListExpr:
		expr = e.X
	}
	if id, ok := expr.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// has reports whether the package declares the type, generated for or not.
func (s *source) has(text string) bool {
	name := baseName(text)
	_, ok := s.pkg.Scope().Lookup(name).(*types.TypeName)
	return name != "" && ok
}

// resolve finds the type that text names. What is wrong goes to p.
func (s *source) resolve(text string, p *problems) *target {
	name := baseName(text)
	if name == "" {
		p.add(token.NoPos, "%q is not the name of a type; write Region, or 'Pair[int]' for an instance of a generic type", text)
		return nil
	}
	obj, ok := s.pkg.Scope().Lookup(name).(*types.TypeName)
	if !ok {
		p.add(token.NoPos, "package %s has no type %s", s.pkg.Name(), name)
		return nil
	}
	// Type arguments are looked up where the type is declared, and see the
	// imports of that file.
	tv, err := types.Eval(s.fset, s.pkg, obj.Pos(), text)
	if err != nil {
		message := err.Error()
		if e, ok := errors.AsType[types.Error](err); ok {
			message = e.Msg
		}
		p.add(obj.Pos(), "%s: %s", text, message)
		return nil
	}
	if n, ok := types.Unalias(tv.Type).(*types.Named); ok && n.TypeParams().Len() > 0 && n.TypeArgs().Len() == 0 {
		p.add(obj.Pos(), "%s is generic; name an instance, such as '%s[int]'", text, text)
		return nil
	}
	t := &target{text: text, ident: identifier(text), typ: tv.Type, pos: obj.Pos()}
	s.describe(t, obj.Pos(), p)
	return t
}

// describe lets package schema look at the type.
func (s *source) describe(t *target, at token.Pos, p *problems) {
	before := len(p.list)
	s.reportInvalid(t.typ, at, p)
	if len(p.list) > before {
		return
	}
	found, fields, err := schema.Describe(goType{t.typ})
	if bad, ok := errors.AsType[*schema.TagError](err); ok {
		for _, one := range bad.Problems {
			pos := at
			if vars := walk(t.typ, strings.Split(one.Field, ".")); len(vars) > 0 {
				pos = vars[len(vars)-1].Pos()
			}
			p.add(pos, "%s: %s", t.text, one)
		}
		return
	}
	t.schema = found
	for i, f := range fields {
		column := found.Columns()[i]
		one := field{Column: column, Value: f, index: i, vars: walk(t.typ, strings.Split(column.Field, "."))}
		one.typ = one.vars[len(one.vars)-1].Type()
		one.elem = f.Elem.(goType).Type
		s.selector(t, &one, p)
		t.fields = append(t.fields, one)
	}
}

// walk finds the fields on a path, as far as it leads.
func walk(t types.Type, path []string) (vars []*types.Var) {
	for _, name := range path {
		st, ok := t.Underlying().(*types.Struct)
		if !ok {
			return vars
		}
		found := false
		for i := range st.NumFields() {
			if f := st.Field(i); f.Name() == name {
				vars, t, found = append(vars, f), f.Type(), true
				break
			}
		}
		if !found {
			return vars
		}
	}
	return vars
}

// selector finds the way from the row to the field in the package's source.
// An embedded type that another package keeps to itself cannot be named, but
// what it embeds can, unless another field of that name is nearer.
func (s *source) selector(t *target, f *field, p *problems) {
	var names []string
	from := t.typ
	for _, v := range f.vars {
		if !v.Exported() && v.Pkg() != s.pkg {
			continue
		}
		names = append(names, v.Name())
		if obj, _, _ := types.LookupFieldOrMethod(from, true, s.pkg, v.Name()); obj != v {
			p.add(v.Pos(), "%s: field %s cannot be reached from package %s", t.text, f.Column.Field, s.pkg.Name())
			return
		}
		from = v.Type()
	}
	f.sel = strings.Join(names, ".")
}

// identifier is the type's text without what an identifier cannot have, each
// part with a capital letter: Pair[time.Time] is PairTimeTime.
func identifier(text string) string {
	var out []rune
	up := false
	for _, r := range text {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) && len(out) > 0 || r == '_':
			if up {
				r = unicode.ToUpper(r)
			}
			out, up = append(out, r), false
		default:
			up = len(out) > 0
		}
	}
	return string(out)
}
