package store

import (
	"fmt"

	"github.com/galley-db/galley/schema"
)

// evolve makes the table have into what s wants, as far as how allows, in the
// transaction that has been started. The caller undoes it after an error.
func (w *writer) evolve(s, have *schema.Schema, how Evolution) error {
	make, refuse := how.Changes(s, have)
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
	now, err := Merged(s, have)
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
