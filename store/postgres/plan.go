package postgres

import (
	"slices"
	"strings"
	"sync"

	"github.com/galley-db/galley/schema"
)

// plan is what reading and writing a schema needs, worked out once.
type plan struct {
	schema  *schema.Schema
	columns []schema.Column
	kinds   []kind
	list    string // the columns' names, quoted, with commas
	hidden  string // the column that galley adds for DistributeBy, "" for none
	guard   string // the statement that fails where the table is another now
	line    line   // of batches that wait to be written
	row     string // the column that numbers rows in the stage; names that begin with it are free
}

func (db *DB) newPlan(s *schema.Schema) *plan {
	p := &plan{schema: s, columns: s.Columns(), hidden: db.hidden(s), row: "galley_row"}
	names := make([]string, len(p.columns))
	for i := range p.columns {
		c := &p.columns[i]
		names[i] = schema.Postgres().Quote(c.Name)
		p.kinds = append(p.kinds, kindOfColumn(c))
	}
	for slices.ContainsFunc(p.columns, func(c schema.Column) bool { return strings.HasPrefix(c.Name, p.row) }) || strings.HasPrefix(p.hidden, p.row) {
		p.row += "_"
	}
	p.list = strings.Join(names, ", ")
	p.guard = db.guardSQL(p)
	return p
}

// stored is the columns of a row in the table, in SQL.
func (p *plan) stored() string {
	if p.hidden == "" {
		return p.list
	}
	return p.list + ", " + schema.Postgres().Quote(p.hidden)
}

// plans keeps the plan of each schema in use.
type plans struct {
	mu sync.RWMutex
	by map[*schema.Schema]*plan
}

// maxPlans bounds what a program can pile up that makes schemas without end.
const maxPlans = 1000

func (db *DB) plan(s *schema.Schema) *plan {
	ps := &db.plans
	ps.mu.RLock()
	p := ps.by[s]
	ps.mu.RUnlock()
	if p != nil {
		return p
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.by == nil || len(ps.by) >= maxPlans {
		ps.by = map[*schema.Schema]*plan{}
	}
	if p = ps.by[s]; p == nil {
		p = db.newPlan(s)
		ps.by[s] = p
	}
	return p
}
