package gen

import (
	"context"
	"errors"
	"fmt"
	"go/format"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// Binders are the settings of [Binders.Generate].
type Binders struct {
	// Dir is the folder of the package, "" the current one.
	Dir string
	// Types are the structs, with commas between them: "Region,Pair[int]".
	Types string
	// Output is the file to write, "" for that of the first type in Dir:
	// region_galley.go, or region_galley_test.go for a type of a test file.
	Output string
	// Directive is the place of the go:generate line that asks for it, if
	// one does: that of problems that have none in the source.
	Directive token.Position
}

// Generate makes the file with the columns, the SQL and the binder of each
// type. It writes nothing. What cannot be generated is a *[SourceError].
func (b Binders) Generate(ctx context.Context) (f File, err error) {
	err = b.load(ctx, func(s *source, texts []string, output string) error {
		f.Path = output
		f.Text, err = s.binders(texts, output)
		return err
	})
	return f, b.placed(err)
}

// placed gives problems without a place that of the directive.
func (b Binders) placed(err error) error {
	if bad, ok := errors.AsType[*SourceError](err); ok && b.Directive.IsValid() {
		for i := range bad.Problems {
			if p := &bad.Problems[i]; p.Pos.Filename == "" {
				p.Pos = b.Directive
			}
		}
	}
	return err
}

// load finds the package, with its test files if they declare the types, and
// passes it to use.
func (b Binders) load(ctx context.Context, use func(s *source, texts []string, output string) error) error {
	dir, err := filepath.Abs(b.Dir)
	if err != nil {
		return err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	texts := splitTypes(b.Types)
	for _, text := range texts {
		if baseName(text) == "" || strings.ContainsFunc(b.Types, unicode.IsControl) {
			return complaint("%q is not the name of a type; write -type Region, or -type 'Pair[int]'", text)
		}
	}
	at, err := find(dir, baseName(texts[0]))
	if err != nil {
		return err
	}
	output := b.output(dir, texts[0], at.test)
	if filepath.Dir(output) != dir {
		return fmt.Errorf("%s is not in %s, where the package is", output, dir)
	}
	sources, err := loadPackage(ctx, dir, output, at)
	if err != nil {
		return err
	}
	for _, s := range sources {
		if s.has(texts[0]) {
			return use(s, texts, output)
		}
	}
	return complaint("the package in %s has no type %s", shown(dir), baseName(texts[0]))
}

// output is the path of the generated file.
func (b Binders) output(dir, first string, test bool) string {
	if b.Output != "" {
		path, err := filepath.Abs(b.Output)
		if err != nil {
			return b.Output
		}
		if resolved, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
			path = filepath.Join(resolved, filepath.Base(path))
		}
		return path
	}
	// The go command leaves out files that begin with "_".
	name := strings.TrimLeft(snake(identifier(first)), "_") + "_galley"
	if test {
		name += "_test"
	}
	return filepath.Join(dir, name+".go")
}

// binders makes the text of a file for types of the package.
func (s *source) binders(texts []string, output string) ([]byte, error) {
	p := &problems{fset: s.fset}
	names := newScope(s)
	var targets []*target
	for i, text := range texts {
		if slices.Contains(texts[:i], text) {
			p.add(token.NoPos, "%s is requested twice", text)
			continue
		}
		if t := s.resolve(text, p); t != nil {
			targets = append(targets, t)
			s.claim(t, names, p)
		}
	}
	s.checkUniverse(p)
	if err := p.err(); err != nil {
		return nil, err
	}
	var body strings.Builder
	pkg := names.usePath(schemaPath, "schema")
	e := &emitter{
		Builder: &body, names: names, problems: p, pkg: pkg,
		row: names.free("row"), w: names.free("w"), r: names.free("r"), v: names.free("v"), err: names.free("err"),
	}
	for _, t := range targets {
		e.target = t
		name, reason := names.typeName(t.typ)
		if reason != "" {
			p.add(t.pos, "%s: %s", t.text, reason)
		}
		t.text = name
		e.columns()
		e.tables()
		e.binder()
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	text := header("-type "+quoteArg(strings.Join(texts, ","))) + "\npackage " + s.pkg.Name() + "\n\n" + names.block() + "\n" + body.String()
	out, err := format.Source([]byte(text))
	if err == nil {
		err = s.compile(output, out)
	}
	if err != nil {
		return nil, fmt.Errorf("the code generated for %s does not compile, which is a defect of galley gen: %w", strings.Join(texts, ","), err)
	}
	return out, nil
}

// claim takes the names of what is generated for a type.
func (s *source) claim(t *target, names *scope, p *problems) {
	for _, suffix := range []string{"Columns", "Schema", "Binder"} {
		name := t.ident + suffix
		if obj := s.pkg.Scope().Lookup(name); obj != nil {
			p.add(obj.Pos(), "%s is declared here, and would be generated for %s; rename it", name, t.text)
		}
		if names.taken[name] {
			p.add(t.pos, "%s: %s would be generated twice; declare an alias for one of the types and generate for that", t.text, name)
		}
		names.taken[name] = true
	}
}

// checkUniverse refuses a package in which string, nil and the like mean
// something else.
func (s *source) checkUniverse(p *problems) {
	for _, name := range types.Universe.Names() {
		_, isType := types.Universe.Lookup(name).(*types.TypeName)
		if !isType && name != "nil" && name != "true" && name != "new" {
			continue
		}
		if obj := s.pkg.Scope().Lookup(name); obj != nil {
			p.add(obj.Pos(), "%s is Go's own name, and generated code needs it; rename it", name)
		}
	}
}

// quoteArg is an argument as a shell takes it.
func quoteArg(arg string) string {
	if strings.ContainsAny(arg, "[]() *{}") {
		return "'" + arg + "'"
	}
	return arg
}

// binder writes the Binder.
func (e *emitter) binder() {
	t := e.target
	name := t.ident + "Binder"
	e.line("// %s moves rows of %s without reflection; it goes into table.Options.", name, t.text)
	e.line("type %s struct{}\n", name)
	e.line("var _ %s.Binder[%s] = %s{}\n", e.pkg, t.text, name)
	e.line("// Fingerprint is that of the columns when this file was generated.")
	e.line("func (%s) Fingerprint() string { return %q }\n", name, t.schema.Fingerprint())
	e.line("// Fields are the Go fields of the columns when this file was generated.")
	e.line("func (%s) Fields() []string {", name)
	e.line("return []string{")
	for _, f := range t.fields {
		e.line("%q,", f.Column.Source())
	}
	e.line("}\n}\n")

	e.line("// Bind writes the columns of %s into %s.", e.row, e.w)
	e.line("func (%s) Bind(%s %s.Writer, %s *%s) error {", name, e.w, e.pkg, e.row, t.text)
	e.nilRow()
	for i := range t.fields {
		e.bind(&t.fields[i])
	}
	e.line("return nil\n}\n")

	e.line("// Scan sets the fields of %s from %s.", e.row, e.r)
	e.line("func (%s) Scan(%s %s.Reader, %s *%s) error {", name, e.r, e.pkg, e.row, t.text)
	e.nilRow()
	for i := range t.fields {
		e.scan(&t.fields[i])
	}
	e.line("return nil\n}\n")
}

func (e *emitter) nilRow() {
	e.line("if %s == nil {", e.row)
	e.line("return &%s.ValueError{Err: %s.ErrNilRow}", e.pkg, e.pkg)
	e.line("}")
}
