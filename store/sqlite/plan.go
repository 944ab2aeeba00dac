package sqlite

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/galley-db/galley/internal/pageimage"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// plan is what writing a schema needs, worked out once.
type plan struct {
	schema    *schema.Schema
	columns   []schema.Column
	perStmt   int    // rows of a full multi-row INSERT
	maxValue  int    // the largest text or blob in bytes
	temp      string // the folder for temporary files
	encoders  sync.Pool
	images    bool // whether rows may go by page images
	transfers bool // whether the engine moves their cells whole
	builders  sync.Pool
	crowded   *atomic.Bool // of plans
}

// imagesFrom is the number of rows from which a batch becomes an image.
func (p *plan) imagesFrom() int {
	if p.crowded.Load() {
		return crowdedRows
	}
	return imageRows
}

// imageRows is the number of rows from which an image is faster than bound
// statements.
const imageRows = 30

// The engine takes 32,766 parameters a statement
// (https://sqlite.org/limits.html#max_variable_number), and beyond about 50
// rows a longer one gains nothing.
const (
	maxParameters = 32766
	maxStmtRows   = 50
)

func newPlan(s *schema.Schema, maxValue int) *plan {
	p := &plan{schema: s, columns: s.Columns(), maxValue: maxValue}
	p.perStmt = max(1, min(maxStmtRows, maxParameters/len(p.columns)))
	p.encoders.New = func() any { return record.NewEncoder(p.columns, maxValue) }
	p.transfers = pageimage.Eligible(p.columns)
	create := s.CreateTable(schema.SQLite())[0]
	if !p.transfers {
		create = p.bare()
	}
	first, err := pageimage.NewBuilder(s.Name(), create)
	p.images = err == nil
	p.builders.New = func() any { return first.Clone() }
	return p
}

// bare is the statement that makes the table of an image whose rows the
// engine takes apart: it has the columns, and none of the rules, which are
// the destination's to hold.
func (p *plan) bare() string {
	d := schema.SQLite()
	columns := make([]string, len(p.columns))
	for i, c := range p.columns {
		columns[i] = d.Quote(c.Name) + " " + d.Type(c)
	}
	return "CREATE TABLE " + d.Quote(p.schema.Name()) + " (" + strings.Join(columns, ", ") + ") STRICT"
}

// plans keeps the plan of each schema in use.
type plans struct {
	mu      sync.RWMutex
	by      map[*schema.Schema]*plan
	temp    string      // the folder for temporary files
	crowded atomic.Bool // more tables are in use than there are slots for images
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
	p.crowded, p.temp = &ps.crowded, ps.temp
	ps.by[s] = p
	return p
}
