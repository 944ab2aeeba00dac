package postgres

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// The server names a check after the columns that it uses, whichever column it
// is a tag of. So a check is found by what it says.

// probe is the name of a constraint that exists for one look at it.
const probe = "galley_probe"

// findCheck returns the name of a constraint of the table that says the same as
// a check, and is not taken; "" where there is none.
func (e *evolution) findCheck(ctx context.Context, check string, taken map[string]bool) (string, error) {
	if err := e.tx.script(ctx, "ALTER TABLE "+e.table+" ADD CONSTRAINT "+probe+" CHECK ("+check+") NOT VALID"); err != nil {
		return "", err
	}
	same, err := e.tx.rows(ctx, `SELECT k.conname FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_constraint p ON p.conrelid = k.conrelid
WHERE p.conrelid = $1::regclass AND p.conname = $2 AND k.oid <> p.oid AND k.contype = 'c'
	AND pg_catalog.pg_get_expr(k.conbin, k.conrelid) = pg_catalog.pg_get_expr(p.conbin, p.conrelid) ORDER BY 1`, e.table, probe)
	if err == nil {
		err = e.drop(ctx, probe)
	}
	if err != nil {
		return "", err
	}
	for _, row := range same {
		if name := row[0]; !taken[name] {
			taken[name] = true
			return name, nil
		}
	}
	return "", nil
}

// beforeChecks finds the checks of the table as it is, and drops those that
// will not stay. now is what the table will be.
func (e *evolution) beforeChecks(ctx context.Context, now *schema.Schema) error {
	taken := map[string]bool{}
	e.checks = map[string]string{}
	for _, old := range e.have.Columns() {
		if old.Check == "" {
			continue
		}
		name, err := e.findCheck(ctx, old.Check, taken)
		if err != nil {
			return err
		}
		next, stays := successor(now, old)
		if stays && next.Check == old.Check {
			e.checks[old.Name] = name
			continue
		}
		if name == "" {
			return &store.MismatchError{Path: e.tx.db.place, Table: e.want.Name(),
				Reason: fmt.Sprintf("the check %q of column %q is not found in the table, which was altered by other means", old.Check, old.Name)}
		}
		if err := e.drop(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// successor is the column of a schema that an old one stays or becomes.
func successor(now *schema.Schema, old schema.Column) (schema.Column, bool) {
	if i, ok := now.Column(old.Name); ok {
		return now.Columns()[i], true
	}
	for _, c := range now.Columns() {
		if c.Was == old.Name {
			return c, true
		}
	}
	return schema.Column{}, false
}

// afterChecks makes sure that the table has the checks of the schema that it now
// is of. A check that a dropped column took along is missing by now, and one
// over a column of another type may say something else.
func (e *evolution) afterChecks(ctx context.Context, now *schema.Schema) error {
	taken := map[string]bool{}
	for _, c := range now.Columns() {
		if c.Check == "" {
			continue
		}
		name, err := e.findCheck(ctx, c.Check, taken)
		if sqlState(err) == "42703" { // undefined_column
			return fmt.Errorf("%w: %w", &store.MismatchError{Path: e.tx.db.place, Table: e.want.Name(),
				Reason: fmt.Sprintf("the check %q of column %q uses a column that the struct does not have", c.Check, c.Name)}, err)
		}
		if err != nil {
			return e.blame(err)
		}
		if name != "" {
			continue
		}
		for _, column := range []string{c.Name, c.Was} {
			if old := e.checks[column]; old != "" {
				if err := e.run(ctx, "ALTER TABLE "+e.table+" DROP CONSTRAINT IF EXISTS "+schema.Postgres().Quote(old)); err != nil {
					return err
				}
			}
		}
		if err := e.run(ctx, "ALTER TABLE "+e.table+" ADD CHECK ("+c.Check+")"); err != nil {
			return err
		}
	}
	return nil
}

// touchesChecks reports whether changes can make a difference to checks.
func touchesChecks(changes []schema.Change) bool {
	for _, c := range changes {
		switch c.Kind {
		case schema.Dropped, schema.Renamed, schema.Widened, schema.Narrowed, schema.CheckChanged:
			return true
		}
	}
	return false
}
