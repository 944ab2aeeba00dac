package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
)

// Module is the path of the module that the rules are about.
const Module = "github.com/galley-db/galley"

// Violation is a place where a file breaks a rule.
type Violation struct {
	File string // slash-separated, from the root of the module
	Line int    // from 1
	Rule string // "import", "name", "export", "length" or "unfinished"
	Text string // what is wrong
}

func (v Violation) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", v.File, v.Line, v.Rule, v.Text)
}

// source is a parsed file other than a test.
type source struct {
	path string // slash-separated, from the root of the module
	ast  *ast.File
	fset *token.FileSet
}

func (s *source) folder() string { return path.Dir(s.path) }

func (s *source) violation(at token.Pos, rule, format string, args ...any) Violation {
	return Violation{s.path, s.fset.Position(at).Line, rule, fmt.Sprintf(format, args...)}
}

// Check reads the module whose root is fsys and returns what breaks its rules,
// in the order of files, and the number of files other than tests.
// Folders called testdata or vendor, or whose name begins with "." or "_", are
// left out, as the go command does. A module within the module has imports of
// its own, and only its files' length and text are checked.
//
// Check returns an error when a file cannot be read or parsed.
func Check(fsys fs.FS) (found []Violation, files int, err error) {
	nested := "" // the module within the module that is walked through
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_') {
				return fs.SkipDir
			}
			if _, err := fs.Stat(fsys, path.Join(name, "go.mod")); err == nil && name != "." && (nested == "" || !strings.HasPrefix(name, nested+"/")) {
				nested = name
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		found = append(found, checkText(name, text)...)
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files++
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		s := &source{name, file, fset}
		found = append(found, checkLength(s, text)...)
		if nested != "" && strings.HasPrefix(name, nested+"/") {
			return nil
		}
		found = append(found, checkImports(s)...)
		return nil
	})
	return found, files, err
}

// maxLines is how long a file may be: a noun or a verb has room in it.
const maxLines = 320

func checkLength(s *source, text []byte) []Violation {
	lines := bytes.Count(text, []byte("\n"))
	if lines <= maxLines || ast.IsGenerated(s.ast) {
		return nil
	}
	return []Violation{{s.path, maxLines + 1, "length", fmt.Sprintf("%d lines, want at most %d; split it by noun or verb", lines, maxLines)}}
}

// The words are put together here, as this file is checked too.
var unfinished = []string{"TO" + "DO", "FIX" + "ME"}

func checkText(name string, text []byte) (found []Violation) {
	for i, line := range strings.Split(string(text), "\n") {
		for _, word := range unfinished {
			if strings.Contains(line, word) {
				found = append(found, Violation{name, i + 1, "unfinished", "says " + word + "; finish it, or open an issue"})
			}
		}
	}
	return found
}
