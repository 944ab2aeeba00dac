package gen

import (
	"cmp"
	"fmt"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// SourceError is everything that keeps a file from being generated.
type SourceError struct {
	Problems []Problem // in the order of the source, those without a place last; at least one
}

// Problem is one thing that is wrong, and where.
type Problem struct {
	Pos     token.Position // Filename is "" if the problem has no place
	Message string
}

// Error lists all problems, one a line, each as "file:line:column: message".
func (e *SourceError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// String is the problem in a line.
func (p Problem) String() string {
	if p.Pos.Filename == "" {
		return p.Message
	}
	return fmt.Sprintf("%s: %s", p.Pos, p.Message)
}

// problems collects what is wrong.
type problems struct {
	fset *token.FileSet
	list []Problem
}

func (p *problems) add(at token.Pos, format string, args ...any) {
	pos := p.fset.Position(at)
	pos.Filename = shown(pos.Filename)
	p.list = append(p.list, Problem{pos, fmt.Sprintf(format, args...)})
}

// err is a *SourceError, or nil. What Bind and Scan both trip over is one
// problem.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int {
		return cmp.Or(
			strings.Compare(strconv.FormatBool(a.Pos.Filename == ""), strconv.FormatBool(b.Pos.Filename == "")),
			strings.Compare(a.Pos.Filename, b.Pos.Filename), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return &SourceError{slices.Compact(p.list)}
}

// complaint is a *SourceError of one problem that has no place in the source.
func complaint(format string, args ...any) error {
	return &SourceError{[]Problem{{Message: fmt.Sprintf(format, args...)}}}
}

// shown is a path as an error names it: from the current folder, where it is
// in there, as a compiler does.
func shown(path string) string {
	wd, err := os.Getwd()
	if err != nil || !filepath.IsAbs(path) {
		return path
	}
	if resolved, err := filepath.EvalSymlinks(wd); err == nil {
		wd = resolved
	}
	if rel, err := filepath.Rel(wd, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}
