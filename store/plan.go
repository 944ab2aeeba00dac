package store

import (
	"sync"

	"github.com/galley-db/galley/internal/pageimage"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// plan is what writing a schema needs, worked out once.
type plan struct {
	schema   *schema.Schema
	columns  []schema.Column
	perStmt  int // rows of a full multi-row INSERT
	encoders sync.Pool
	images   bool // whether rows may go by page images
	builders sync.Pool
}

// imageRows is the number of rows from which on an image is quicker than
// bound statements.
const imageRows = 30

// The engine takes 32,766 parameters a statement
// (https://sqlite.org/limits.html#max_variable_number), and beyond about 50
// rows a longer one gains nothing.
const (
	maxParameters = 32766
	maxStmtRows   = 50
)

func newPlan(s *schema.Schema, maxValue int) *plan {
	p := &plan{schema: s, columns: s.Columns()}
	p.perStmt = max(1, min(maxStmtRows, maxParameters/len(p.columns)))
	p.encoders.New = func() any { return record.NewEncoder(p.columns, maxValue) }
	if pageimage.Eligible(p.columns) {
		first, err := pageimage.NewBuilder(s.Name(), s.CreateTable(schema.SQLite())[0])
		p.images = err == nil
		p.builders.New = func() any { return first.Clone() }
	}
	return p
}

// plans keeps the plan of each schema in use.
type plans struct {
	mu sync.RWMutex
	by map[*schema.Schema]*plan
}

// maxPlans bounds what a program can pile up that makes schemas without end.
const maxPlans = 1000

func (ps *plans) of(s *schema.Schema, maxValue int) *plan {
	ps.mu.RLock()
	p := ps.by[s]
	ps.mu.RUnlock()
	if p != nil {
		return p
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if p = ps.by[s]; p != nil {
		return p
	}
	if ps.by == nil || len(ps.by) >= maxPlans {
		ps.by = map[*schema.Schema]*plan{}
	}
	p = newPlan(s, maxValue)
	ps.by[s] = p
	return p
}
