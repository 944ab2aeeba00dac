package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// check is the checks of one module.
type check struct {
	dir    string
	fset   *token.FileSet
	parsed map[string]*ast.File // by path: most files are the same for all targets
	passed map[string]bool      // systems and the files that the module has for them
}

func newCheck(dir string) *check {
	return &check{dir: dir, fset: token.NewFileSet(), parsed: map[string]*ast.File{}, passed: map[string]bool{}}
}

// listed is a package as go list describes it.
type listed struct {
	ImportPath string
	Name       string
	Dir        string
	GoFiles    []string
	CgoFiles   []string
	ImportMap  map[string]string
	Module     *struct{ Main bool }
	Error      *struct{ Err string }
}

// target checks the packages for one system, and returns how many they are.
// Dependencies come first in the list.
func (c *check) target(goos, goarch, pattern string) (wrong []string, n int, err error) {
	list := exec.Command("go", "list", "-e", "-deps", "-test", "-json=ImportPath,Name,Dir,GoFiles,CgoFiles,ImportMap,Module,Error", pattern)
	list.Dir = c.dir
	list.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, 0, fmt.Errorf("go list: %w", err)
	}
	var all []*listed
	files := goos // and what the module has for it
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &listed{}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, 0, fmt.Errorf("go list: %w", err)
		}
		if p.ImportPath == "unsafe" || strings.HasSuffix(p.ImportPath, ".test") { // its main is go test's
			continue
		}
		all = append(all, p)
		if p.ours() {
			files += " " + p.ImportPath + ":" + strings.Join(p.GoFiles, " ")
			n++
		}
		if p.Error != nil {
			wrong = append(wrong, p.ImportPath+": "+p.Error.Err)
		}
	}
	// Processors differ in what the standard library has for them; where the
	// module has nothing, one is enough.
	if c.passed[files] || len(wrong) > 0 {
		return wrong, n, nil
	}
	known := map[string]*types.Package{"unsafe": types.Unsafe}
	for _, p := range all {
		wrong = append(wrong, c.types(p, goarch, known)...)
	}
	c.passed[files] = true
	return wrong, n, nil
}

func (p *listed) ours() bool { return p.Module != nil && p.Module.Main }

// types checks a package. What is wrong with one that is not ours shows in
// those of ours that use it.
func (c *check) types(p *listed, goarch string, known map[string]*types.Package) (wrong []string) {
	ours := p.ours()
	var files []*ast.File
	for _, name := range p.GoFiles {
		path := filepath.Join(p.Dir, name)
		f := c.parsed[path]
		if f == nil {
			var err error
			if f, err = parser.ParseFile(c.fset, path, nil, parser.SkipObjectResolution); err != nil && ours {
				wrong = append(wrong, err.Error())
			}
			if f == nil {
				continue
			}
			if c.parsed[path] = f; !ours {
				trim(f)
			}
		}
		files = append(files, f)
	}
	config := types.Config{
		IgnoreFuncBodies: !ours,
		FakeImportC:      true,
		Sizes:            types.SizesFor("gc", goarch),
		Importer: importer(func(path string) (*types.Package, error) {
			if mapped, ok := p.ImportMap[path]; ok {
				path = mapped
			}
			if known[path] == nil {
				return nil, fmt.Errorf("package %s is not in the list", path)
			}
			return known[path], nil
		}),
		Error: func(err error) {
			var e types.Error
			if ours && !(errors.As(err, &e) && e.Soft && len(wrong) > 0) {
				wrong = append(wrong, c.place(err))
			}
		},
	}
	known[p.ImportPath], _ = config.Check(strings.Fields(p.ImportPath)[0], c.fset, files, nil)
	return wrong
}

// place is an error with its file relative to the module.
func (c *check) place(err error) string {
	var e types.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	at := c.fset.Position(e.Pos)
	if dir, err := filepath.Abs(c.dir); err == nil {
		if rel, err := filepath.Rel(dir, at.Filename); err == nil {
			at.Filename = filepath.ToSlash(rel)
		}
	}
	return fmt.Sprintf("%s: %s", at, e.Msg)
}

// trim takes the bodies out of a file's functions, so that the memory is free.
func trim(f *ast.File) {
	for _, d := range f.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			f.Body = &ast.BlockStmt{Lbrace: f.Body.Lbrace, Rbrace: f.Body.Rbrace}
		}
	}
}

type importer func(path string) (*types.Package, error)

func (i importer) Import(path string) (*types.Package, error) { return i(path) }
