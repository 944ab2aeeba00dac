package store

import (
	"fmt"

	"github.com/galley-db/galley/schema"
)

// evolve makes the table have into what s wants, as far as how allows, in the
// transaction that has been started. The caller undoes it after an error.
func (w *writer) evolve(s, have *schema.Schema, how Evolution) error {
	make, refuse := evolution(s, have, how)
	if len(refuse) > 0 {
		return w.file.mismatch(s, have, how)
	}
	if how == Rebuild && !allAdditive(make) {
		if err := w.rebuild(s, have); err != nil {
			return err
		}
		return w.record(s, "rebuilt\n"+describe(make))
	}
	for _, c := range make {
		if c.SQL == "" {
			continue // SQLite stores both alike
		}
		if err := w.conn.Exec(c.SQL); err != nil {
			return fmt.Errorf("%v: %s: %w", c, c.SQL, err)
		}
	}
	now, err := merged(s, have)
	if err != nil {
		return err
	}
	return w.record(now, describe(make))
}

func allAdditive(changes []schema.Change) bool {
	for _, c := range changes {
		if !additive(c) {
			return false
		}
	}
	return true
}

// merged is the schema of the table after additive changes: the columns that
// it had, in their order and as s wants them, and behind them those that s
// has beyond.
func merged(s, have *schema.Schema) (*schema.Schema, error) {
	columns := append([]schema.Column(nil), have.Columns()...)
	for _, c := range s.Columns() {
		at, there := have.Column(c.Name)
		if !there && c.Was != "" {
			at, there = have.Column(c.Was)
		}
		if there {
			columns[at] = c
		} else {
			columns = append(columns, c)
		}
	}
	return schema.New(s.Name(), columns)
}
