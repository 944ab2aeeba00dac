package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// root is the folder of the module.
const root = "../.."

func readPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestLinksOfDocsLead follows each relative link of a page.
func TestLinksOfDocsLead(t *testing.T) {
	code := regexp.MustCompile("(?s)```.*?```")
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	for name := range markdown(t) {
		text := code.ReplaceAllString(readPage(t, name), "")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, path.Dir(name), m[1])); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", name, m[1])
			}
		}
	}
}

// markdown is the set of pages, by path.
func markdown(t *testing.T) map[string]bool {
	t.Helper()
	pages := map[string]bool{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && name != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if path.Ext(name) == ".md" {
			pages[name] = true
		}
		return err
	})
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	return pages
}

// TestPathsOfArchitectureExist holds ARCHITECTURE.md against the tree: each path in it
// exists.
func TestPathsOfArchitectureExist(t *testing.T) {
	checkPaths(t, "ARCHITECTURE.md", 60)
	checkPaths(t, "CONTRIBUTING.md", 3)
}

func checkPaths(t *testing.T, page string, least int) {
	t.Helper()
	named := regexp.MustCompile("`([a-z.][A-Za-z0-9_./-]*(?:/[A-Za-z0-9_./-]*|\\.go|\\.md))`")
	n := 0
	for _, m := range named.FindAllStringSubmatch(readPage(t, page), -1) {
		n++
		if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
			t.Errorf("%s: there is no %s", page, m[1])
		}
	}
	if n < least {
		t.Errorf("%s names %d paths, want %d or more; does the pattern still find them?", page, n, least)
	}
}

// TestTroubleshootingNamesRealMessages looks for each message that docs/troubleshooting.md explains in
// the strings of the source.
func TestTroubleshootingNamesRealMessages(t *testing.T) {
	const page = "docs/troubleshooting.md"
	quoted := regexp.MustCompile("(?m)^### `(.+)`$").FindAllStringSubmatch(readPage(t, page), -1)
	if len(quoted) < 20 {
		t.Fatalf("%s has %d messages", page, len(quoted))
	}
	said := sourceStrings(t)
	for _, m := range quoted {
		if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, m[1]) }) {
			t.Errorf("%s: no string in the source has %q", page, m[1])
		}
	}
}

// sourceStrings are the string literals of the programs and packages.
func sourceStrings(t *testing.T) (said []string) {
	t.Helper()
	for _, dir := range []string{"backoff", "schema", "store", "table", "export", "load", "transfer", "internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(name string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if s, err := strconv.Unquote(lit.Value); err == nil {
						said = append(said, s)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return said
}

// block is a piece of code in a page.
type block struct{ language, text, after string }

// blocks are the pieces of code of a page; after is the text up to the next.
func blocks(page string) (found []block) {
	parts := regexp.MustCompile("(?m)^```").Split(page, -1)
	for i := 1; i+1 < len(parts); i += 2 {
		language, text, _ := strings.Cut(parts[i], "\n")
		found = append(found, block{language, text, parts[i+1]})
	}
	return found
}

// TestTutorialRuns builds and runs the programs of docs/tutorial.md, and compares
// what they print with the piece that follows.
func TestTutorialRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	n := 0
	pieces := blocks(readPage(t, "docs/tutorial.md"))
	for i, b := range pieces {
		if b.language != "go" {
			continue
		}
		n++
		dir := t.TempDir()
		source := filepath.Join(dir, "main.go")
		if err := os.WriteFile(source, []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
		program := filepath.Join(dir, "program.exe")
		build := exec.CommandContext(t.Context(), "go", "build", "-o", program, source)
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			t.Errorf("program %d: %v\n%s", n, err, out)
			continue
		}
		run := exec.CommandContext(t.Context(), program)
		run.Dir = dir
		out, err := run.CombinedOutput()
		if want := pieces[i+1]; err != nil || want.language != "" || string(out) != want.text {
			t.Errorf("program %d: %v, it prints\n%swant\n%s", n, err, out, want.text)
		}
	}
	if n < 2 {
		t.Errorf("the tutorial has %d programs", n)
	}
}

// snippetPages have pieces of Go that are checked by their types. After a
// piece, a comment may declare what it uses (given), or say that the piece is
// of another library (not galley).
var snippetPages = []string{"docs/from-gorm.md", "docs/from-pandas.md", "docs/from-sqlite-utils.md", "docs/monitoring.md", "docs/testing.md"}

func TestSnippetsCompile(t *testing.T) {
	if testing.Short() {
		t.Skip("loads packages")
	}
	paths := map[string]string{"synctest": "testing/synctest", "atomic": "sync/atomic"}
	for _, p := range []string{"context", "errors", "expvar", "fmt", "log", "sync", "testing", "time"} {
		paths[p] = p
	}
	for _, p := range []string{"backoff", "export", "load", "schema", "store", "store/postgres", "store/sqlite", "table", "transfer"} {
		paths[path.Base(p)] = "github.com/galley-db/galley/" + p
	}
	imported := loadTypes(t, paths)
	for _, page := range snippetPages {
		source, n := snippets(page, readPage(t, page), paths)
		if n == 0 {
			t.Errorf("%s has no Go", page)
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, page, source, 0)
		if err != nil {
			t.Errorf("%s: %v\n%s", page, err, source)
			continue
		}
		conf := types.Config{Importer: imported, Error: func(err error) {
			// Unused variables are soft errors.
			if e, ok := err.(types.Error); ok && !e.Soft {
				t.Errorf("%s: %s\n\t%s", page, e.Msg, strings.Split(source, "\n")[fset.Position(e.Pos).Line-1])
			}
		}}
		_, _ = conf.Check("page", fset, []*ast.File{file}, nil)
	}
}

type typesOf map[string]*types.Package

func (m typesOf) Import(path string) (*types.Package, error) {
	if p := m[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("package %s is not loaded", path)
}

func loadTypes(t *testing.T, paths map[string]string) typesOf {
	t.Helper()
	var patterns []string
	for _, p := range paths {
		patterns = append(patterns, p)
	}
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes, Dir: root, Context: t.Context()}, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	found := typesOf{}
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			t.Fatal(p.Errors)
		}
		found[p.PkgPath] = p.Types
	}
	return found
}

// snippets makes one file of the pieces of a page: each is a function, with
// its types and functions beside it.
func snippets(name, page string, paths map[string]string) (source string, n int) {
	var declared, functions strings.Builder
	for _, b := range blocks(page) {
		if b.language != "go" || strings.HasPrefix(strings.TrimSpace(b.after), "<!-- not galley -->") {
			continue
		}
		n++
		var given, body strings.Builder
		if _, rest, ok := strings.Cut(strings.TrimSpace(b.after), "<!-- given: "); ok && strings.HasPrefix(strings.TrimSpace(b.after), "<!--") {
			text, _, _ := strings.Cut(rest, " -->")
			if strings.HasPrefix(text, "type ") {
				declared.WriteString(text + "\n")
			} else {
				given.WriteString(text + "\n")
			}
		}
		to := &body
		for line := range strings.Lines(b.text) {
			if strings.HasPrefix(line, "type ") || strings.HasPrefix(line, "func ") {
				to = &declared
			}
			to.WriteString(line)
			if to == &declared && (line == "}\n" || !strings.HasSuffix(line, "{\n") && strings.HasPrefix(line, "type ")) {
				to = &body
			}
		}
		fmt.Fprintf(&functions, "func _() {\n%s{\n%s}\n}\n", given.String(), body.String())
	}
	code := "var ctx context.Context\nvar db *sqlite.DB\n" + declared.String() + functions.String()
	var b strings.Builder
	b.WriteString("package page\n\n")
	for base, p := range paths {
		if regexp.MustCompile(`\b` + base + `\.[A-Z]`).MatchString(code) {
			fmt.Fprintf(&b, "import %q\n", p)
		}
	}
	return b.String() + code, n
}
