package postgres

import "github.com/galley-db/galley/schema"

// Lanes is how many groups of a table are written at once.
const Lanes = lanes

// Waiting is how many batches wait in the line of a table.
func (db *DB) Waiting(s *schema.Schema) int {
	l := &db.plan(s).line
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}
