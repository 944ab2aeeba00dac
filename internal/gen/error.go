package gen

import (
	"fmt"
	"go/token"
	"path/filepath"
	"strings"
)

// SourceError is everything that keeps a file from being generated.
type SourceError struct {
	Problems []Problem // in the order of the source, at least one
}

// Problem is one thing that is wrong, and where.
type Problem struct {
	Pos     token.Position // Filename is "" where there is no place to name
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
	dir  string // that paths are shown from
	list []Problem
}

func (p *problems) add(at token.Pos, format string, args ...any) {
	pos := p.fset.Position(at)
	if rel, err := filepath.Rel(p.dir, pos.Filename); err == nil && pos.Filename != "" && filepath.IsLocal(rel) {
		pos.Filename = rel
	}
	p.list = append(p.list, Problem{pos, fmt.Sprintf(format, args...)})
}

// err is a *SourceError, or nil.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	return &SourceError{p.list}
}
