package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// evolve makes the table have into what s wants, as far as how allows, in the
// transaction that has been started. The caller undoes it after an error.
func (w *writer) evolve(ctx context.Context, s, have *schema.Schema, how store.Evolution) error {
	make, refuse := evolve.Changes(s, have, how)
	if len(refuse) > 0 {
		return w.file.mismatch(s, have, how)
	}
	history, err := w.conn.texts(`SELECT changes FROM galley_history WHERE "table" = ` + schema.SQLite().Literal(s.Name()) + " ORDER BY rowid")
	if err != nil {
		return err
	}
	if err := evolve.Outdated(w.file.path, s, have, history); err != nil {
		return err
	}
	err = evolve.Filled(how, w.file.path, s, make, func(column string) (int64, error) {
		return w.conn.int64("SELECT count(" + schema.SQLite().Quote(column) + ") FROM " + schema.SQLite().Quote(s.Name()))
	})
	if err != nil {
		return err
	}
	if how >= store.Rebuild && !allAdditive(make) {
		have, err := w.rename(make, have)
		if err != nil {
			return err
		}
		if err := w.rebuild(ctx, s, have); err != nil {
			return err
		}
		return w.record(s, "rebuilt\n"+describe(make))
	}
	for _, c := range make {
		if c.SQL == "" {
			continue // SQLite stores both alike
		}
		err := error(nil)
		if c.Kind == schema.IndexDropped {
			err = w.conn.dropIndex(have, c.Group.Name)
		} else {
			err = w.conn.Exec(c.SQL)
		}
		if err != nil {
			return fmt.Errorf("table %q: %v: %s: %w", s.Name(), c, c.SQL, err)
		}
	}
	now, err := evolve.Merged(s, have, how)
	if err != nil {
		return err
	}
	return w.record(now, describe(make))
}

// rename renames the columns of a table before a rebuild, so SQLite renames
// them in the table's indexes, triggers and views too.
func (w *writer) rename(changes []schema.Change, have *schema.Schema) (*schema.Schema, error) {
	columns := append([]schema.Column(nil), have.Columns()...)
	for _, c := range changes {
		if c.Kind != schema.Renamed {
			continue
		}
		if err := w.conn.Exec(c.SQL); err != nil {
			return nil, fmt.Errorf("table %q: %v: %s: %w", have.Name(), c, c.SQL, err)
		}
		at, _ := have.Column(c.Have)
		columns[at].Name = c.Want
	}
	return schema.New(have.Name(), columns)
}

func allAdditive(changes []schema.Change) bool {
	for _, c := range changes {
		if !evolve.InPlace(c) {
			return false
		}
	}
	return true
}

// describe is changes, one a line.
func describe(changes []schema.Change) string {
	lines := make([]string, len(changes))
	for i, c := range changes {
		lines[i] = c.String()
	}
	return strings.Join(lines, "\n")
}
