package gen

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// The packages of galley that generated binders import.
const (
	schemaPath = "github.com/galley-db/galley/schema"
	bindPath   = schemaPath + "/bind"
)

// ErrNoPackage is returned when a folder holds no Go package that can be
// looked at.
var ErrNoPackage = errors.New("not a Go package")

// source is a package to generate for, without what was generated before.
type source struct {
	pkg     *types.Package
	fset    *token.FileSet
	files   []*ast.File
	errs    []types.Error             // of the package; some are only for want of the generated file
	imports map[string]*types.Package // what generated code may import
	sizes   types.Sizes
}

// needed are the packages that generated code may import beside those of the
// types it names.
var needed = []string{schemaPath, bindPath, "math", "time", "database/sql"}

// load reads the package that a home is in. The file output, which may be
// stale, counts as one that only imports what generated code needs.
func loadPackage(ctx context.Context, dir, output string, at home) ([]*source, error) {
	stub := "package " + at.pkg + "\n"
	for _, path := range needed {
		stub += "import _ " + strconv.Quote(path) + "\n"
	}
	loaded, err := packages.Load(&packages.Config{
		Context: ctx, Dir: dir, Tests: at.test, Overlay: map[string][]byte{output: []byte(stub)},
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo,
	}, ".")
	if err != nil {
		return nil, fmt.Errorf("load the package in %s: %w", dir, err)
	}
	var sources []*source
	for _, p := range loaded {
		for _, e := range p.Errors {
			// A package may fail to compile because the generated file is
			// missing; the type checker reports each error again.
			compiles := e.Kind == packages.ListError && strings.HasPrefix(e.Msg, "# ")
			if e.Kind != packages.TypeError && !compiles {
				return nil, fmt.Errorf("load the package in %s: %w", dir, e)
			}
		}
		if p.Types == nil || p.Name != at.pkg {
			continue
		}
		s := &source{pkg: p.Types, fset: p.Fset, files: p.Syntax, errs: p.TypeErrors, imports: map[string]*types.Package{}, sizes: p.TypesSizes}
		s.reach(p.Types)
		sources = append(sources, s)
	}
	return sources, nil
}

// reach adds the packages that pkg imports, directly or not.
func (s *source) reach(pkg *types.Package) {
	for _, p := range pkg.Imports() {
		if s.imports[p.Path()] == nil {
			s.imports[p.Path()] = p
			s.reach(p)
		}
	}
}

// home is where a type is declared.
type home struct {
	pkg  string // name of the package
	test bool   // in a file of its tests
}

// find looks for the file that declares a type, files of tests last.
func find(dir, name string) (home, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return home{}, err
	}
	found, files := home{}, 0
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" || e.IsDir() {
			continue
		}
		if match, err := build.Default.MatchFile(dir, e.Name()); err != nil || !match {
			continue
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.SkipObjectResolution)
		if file == nil || err != nil && file.Name == nil {
			return home{}, err
		}
		test := strings.HasSuffix(e.Name(), "_test.go")
		if declares(file, name) && (found.pkg == "" || found.test && !test) {
			found = home{file.Name.Name, test}
		}
	}
	switch {
	case files == 0:
		return home{}, fmt.Errorf("%s: %w", dir, ErrNoPackage)
	case found.pkg == "":
		return home{}, complaint("the package in %s has no type %s", shown(dir), name)
	}
	return found, nil
}

func declares(file *ast.File, name string) bool {
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.TYPE {
			for _, spec := range d.Specs {
				if spec.(*ast.TypeSpec).Name.Name == name { // that is what a type declaration has
					return true
				}
			}
		}
	}
	return false
}

// Import makes a source an importer of its loaded packages.
func (s *source) Import(path string) (*types.Package, error) {
	if p := s.imports[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("package %s is not known here", path)
}

// compile type-checks a file together with the package, and returns what is
// wrong within that file.
func (s *source) compile(name string, text []byte) error {
	file, err := parser.ParseFile(s.fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	var first error
	conf := types.Config{Importer: s, Sizes: s.sizes, FakeImportC: true, Error: func(err error) {
		if e, ok := errors.AsType[types.Error](err); ok && first == nil && s.fset.Position(e.Pos).Filename == name {
			first = err
		}
	}}
	files := []*ast.File{file}
	for _, f := range s.files {
		if s.fset.Position(f.Pos()).Filename != name {
			files = append(files, f)
		}
	}
	_, _ = conf.Check(s.pkg.Path(), s.fset, files, nil) // errors elsewhere are the package's own
	return first
}
