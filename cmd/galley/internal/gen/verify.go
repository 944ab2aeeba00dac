package gen

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/galley-db/galley/schema"
)

// stdlib stands for the packages that written structs import: enough of them
// to be described.
type stdlib map[string]*types.Package

func newStdlib() stdlib {
	declare := func(pkg *types.Package, name string, underlying types.Type) {
		obj := types.NewTypeName(token.NoPos, pkg, name, nil)
		types.NewNamed(obj, underlying, nil)
		pkg.Scope().Insert(obj)
	}
	clock := types.NewPackage("time", "time")
	wall := types.NewField(token.NoPos, clock, "wall", types.Typ[types.Uint64], false)
	declare(clock, "Time", types.NewStruct([]*types.Var{wall}, nil))
	declare(clock, "Duration", types.Typ[types.Int64])
	json := types.NewPackage("encoding/json", "json")
	declare(json, "RawMessage", types.NewSlice(types.Typ[types.Byte]))
	clock.MarkComplete()
	json.MarkComplete()
	return stdlib{"time": clock, "encoding/json": json}
}

// Import makes it an importer.
func (s stdlib) Import(path string) (*types.Package, error) {
	if p := s[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("package %s is not known here", path)
}

// describeText is the schema of a struct in a source that imports time and
// encoding/json only.
func describeText(name string, text []byte) (*schema.Schema, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "struct.go", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	conf := types.Config{Importer: newStdlib()}
	pkg, err := conf.Check(file.Name.Name, fset, []*ast.File{file}, nil)
	if err != nil {
		return nil, err
	}
	obj, ok := pkg.Scope().Lookup(name).(*types.TypeName)
	if !ok {
		return nil, fmt.Errorf("type %s does not exist", name)
	}
	s, _, err := schema.Describe(goType{obj.Type()})
	return s, err
}

// tableName is the table that a struct of this name has by default.
func tableName(typeName string) (string, error) {
	s, err := describeText(typeName, []byte("package p\n\ntype "+typeName+" struct{ A int }\n"))
	if err != nil {
		return "", err
	}
	return s.Name(), nil
}

// unsayable refuses names that would be something else in a tag.
func (t Table) unsayable() error {
	p := problems{fset: token.NewFileSet()}
	for _, c := range t.Columns {
		if strings.Contains(c.Name, ",") || tagOf(c.Column) == "-" {
			p.add(token.NoPos, "%s: column %s: a tag cannot contain this name", t.Source, strconv.Quote(c.Name))
		}
	}
	return p.err()
}

// verify holds the columns of the struct in a source against the table's.
func (t Table) verify(typeName string, text []byte) error {
	got, err := describeText(typeName, text)
	if err != nil {
		if bad, ok := errors.AsType[*schema.TagError](err); ok {
			p := problems{fset: token.NewFileSet()}
			for _, one := range bad.Problems {
				p.add(token.NoPos, "%s: tags cannot describe all of the table: %s", t.Source, one)
			}
			return p.err()
		}
		return fmt.Errorf("%s: %w", t.Source, err)
	}
	p := problems{fset: token.NewFileSet()}
	columns := got.Columns()
	for i, want := range t.Columns {
		switch {
		case i >= len(columns):
			p.add(token.NoPos, "%s: column %s: no tag describes it", t.Source, strconv.Quote(want.Name))
		case columns[i].Name != want.Name:
			p.add(token.NoPos, "%s: column %s: a tag cannot contain this name", t.Source, strconv.Quote(want.Name))
		case columns[i].Spec() != want.Spec():
			p.add(token.NoPos, "%s: column %s is %s, and a tag can only describe %s", t.Source, strconv.Quote(want.Name), want.Spec(), columns[i].Spec())
		}
	}
	return p.err()
}
