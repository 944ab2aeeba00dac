package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// evolve makes the table have into what s wants, as far as how allows.
func (tx *transaction) evolve(ctx context.Context, s, have *schema.Schema, how store.Evolution) error {
	changes, refuse := evolve.Changes(s, have, how)
	if how == store.Additive {
		changes, refuse = retyped(s, have, changes, refuse)
	}
	if len(refuse) > 0 {
		return evolve.Mismatch(how, tx.db.place, s, refuse)
	}
	rows, err := tx.rows(ctx, "SELECT changes FROM "+tx.db.quoted(historyTable)+` WHERE "table" = $1 ORDER BY id`, s.Name())
	if err != nil {
		return err
	}
	history := make([]string, len(rows))
	for i := range rows {
		history[i] = rows[i][0]
	}
	if err := evolve.Outdated(tx.db.place, s, have, history); err != nil {
		return err
	}
	err = evolve.Filled(how, tx.db.place, s, changes, func(column string) (int64, error) {
		return tx.count(ctx, "FROM "+tx.db.quoted(s.Name())+" WHERE "+schema.Postgres().Quote(column)+" IS NOT NULL")
	})
	if err != nil {
		return err
	}
	e := evolution{tx: tx, want: s, have: have, table: tx.db.quoted(s.Name())}
	now, err := evolve.Merged(s, have, store.Additive)
	if how >= store.Rebuild {
		now, err = s, nil
	}
	if err != nil {
		return err
	}
	checks := touchesChecks(changes) && len(tx.db.opts.Servers) == 0
	if checks {
		if err := e.beforeChecks(ctx, now); err != nil {
			return err
		}
	}
	lines := ""
	for _, c := range changes {
		if c.Kind == schema.Added && c.Column == tx.db.hidden(have) {
			return e.cannot(c, ", as galley's own column of that name says where the rows are")
		}
		if err := e.change(ctx, c); err != nil {
			return err
		}
		lines += "\n" + c.String()
	}
	if checks {
		if err := e.afterChecks(ctx, now); err != nil {
			return err
		}
	}
	return tx.record(ctx, now, strings.TrimPrefix(lines, "\n"))
}

// retyped refuses, of the changes that are additive on SQLite, those that
// write the table again here and that older writers do notice: SQLite stores
// all integers alike.
func retyped(s, have *schema.Schema, make, refuse []schema.Change) (_, _ []schema.Change) {
	var keep []schema.Change
	for _, c := range make {
		if c.Kind == schema.Widened {
			if want, old := pair(s, have, c.Column); sqlType(want) != sqlType(old) {
				refuse = append(refuse, c)
				continue
			}
		}
		keep = append(keep, c)
	}
	return keep, refuse
}

// pair is a column as it is wanted and as it is.
func pair(s, have *schema.Schema, name string) (want, old schema.Column) {
	i, _ := s.Column(name)
	want = s.Columns()[i]
	k, ok := have.Column(name)
	if !ok {
		k, _ = have.Column(want.Was)
	}
	return want, have.Columns()[k]
}

// evolution is one table's changes.
type evolution struct {
	tx         *transaction
	want, have *schema.Schema
	table      string // quoted
	// checks are the names of the constraints that stay, by the column whose
	// tag they are.
	checks map[string]string
}

// change makes one change. They come in the order in which they can be made.
func (e *evolution) change(ctx context.Context, c schema.Change) error {
	quote := schema.Postgres().Quote
	if len(e.tx.db.opts.Servers) > 0 {
		return e.changeSpread(ctx, c)
	}
	column := "ALTER TABLE " + e.table + " ALTER COLUMN " + quote(c.Column)
	switch c.Kind {
	case schema.Moved, schema.BatchChanged:
		return nil // no statement depends on it
	case schema.Added:
		return e.added(ctx, c)
	case schema.Dropped:
		return e.run(ctx, "ALTER TABLE "+e.table+" DROP COLUMN "+quote(c.Column))
	case schema.Renamed:
		return e.run(ctx, "ALTER TABLE "+e.table+" RENAME COLUMN "+quote(c.Have)+" TO "+quote(c.Want))
	case schema.Widened, schema.Narrowed:
		return e.retype(ctx, c)
	case schema.NullChanged:
		want, old := pair(e.want, e.have, c.Column)
		switch {
		case want.Nullable == old.Nullable:
			return nil
		case want.Nullable:
			return e.run(ctx, column+" DROP NOT NULL")
		}
		return e.run(ctx, column+" SET NOT NULL")
	case schema.DefaultChanged:
		want, _ := pair(e.want, e.have, c.Column)
		if want.Default == "" {
			return e.run(ctx, column+" DROP DEFAULT")
		}
		return e.run(ctx, column+" SET DEFAULT "+schema.Postgres().Default(want))
	case schema.CheckChanged:
		return nil // beforeChecks and afterChecks do it
	case schema.KeyChanged:
		return e.rekey(ctx)
	case schema.IndexAdded, schema.UniqueAdded:
		return e.run(ctx, e.createIndex(c))
	case schema.IndexDropped:
		return e.dropIndex(ctx, e.have.Indexes(), c.Group.Name, e.have.IndexNames(c.Group.Name))
	case schema.UniqueDropped:
		return e.dropUnique(ctx, c)
	}
	return e.cannot(c, "")
}

func (e *evolution) run(ctx context.Context, sql string) error {
	return e.blame(e.tx.script(ctx, sql))
}

// blame gives its meaning to an error that rows of the table are to blame for.
func (e *evolution) blame(err error) error {
	// dependent_objects_still_exist, and feature_not_supported for a type that a
	// view or rule uses
	if code := sqlState(err); code == "2BP01" || code == "0A000" {
		mismatch := &store.MismatchError{Path: e.tx.db.place, Table: e.want.Name(), Reason: "something else depends on a column that would change",
			Hint: "drop it, open the table, and create it again so that it fits"}
		return fmt.Errorf("%w: %w", mismatch, err)
	}
	if err == nil || !blamesRow(err) {
		return err
	}
	kind := kindOf(err)
	if kind == nil {
		kind = schema.ErrOverflow
	}
	return fmt.Errorf("table %q: %w: %w", e.want.Name(), kind, err)
}

// cannot is the error for a change that is not made on a server.
func (e *evolution) cannot(c schema.Change, why string) error {
	reason := "PostgreSQL cannot make this change in place" + why + "; write into a table of another name, and copy the rows"
	return &store.MismatchError{Path: e.tx.db.place, Table: e.want.Name(), Changes: []schema.Change{c}, Reason: reason}
}

// added adds a column. Without a default, and NOT NULL, it can only be added
// to a table without rows.
func (e *evolution) added(ctx context.Context, c schema.Change) error {
	i, _ := e.want.Column(c.Column)
	want := e.want.Columns()[i]
	if !want.Nullable && want.Default == "" {
		rows, err := e.tx.rows(ctx, "SELECT 1 FROM "+e.table+" LIMIT 1")
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			return &store.MismatchError{Path: e.tx.db.place, Table: e.want.Name(), Changes: []schema.Change{c},
				Reason: "the column cannot be NULL and has no default for the rows that are there; tag it null or default="}
		}
	}
	return e.run(ctx, "ALTER TABLE "+e.table+" ADD COLUMN "+schema.Postgres().Definition(want))
}

// createIndex is the statement for a group that is new.
func (e *evolution) createIndex(c schema.Change) string {
	quote := schema.Postgres().Quote
	if c.Kind == schema.UniqueAdded {
		return "CREATE UNIQUE INDEX " + quote(e.want.UniqueName(c.Group.Name)) + " ON " + e.table + " (" + quoteAll(c.Group.Columns) + ")"
	}
	return "CREATE INDEX " + quote(e.want.IndexName(c.Group.Name)) + " ON " + e.table + " (" + quoteAll(c.Group.Columns) + ")"
}

// changeSpread makes a change on each server's part, and then here.
func (e *evolution) changeSpread(ctx context.Context, c schema.Change) error {
	db := e.tx.db
	var remote func(part string) string // of its name
	local := ""
	switch c.Kind {
	case schema.Added:
		i, _ := e.want.Column(c.Column)
		definition := schema.Postgres().Definition(e.want.Columns()[i])
		remote = func(part string) string {
			return "ALTER TABLE " + db.quoted(part) + " ADD COLUMN IF NOT EXISTS " + definition
		}
		local = "ALTER TABLE " + e.table + " ADD COLUMN " + definition
	case schema.IndexAdded:
		remote = func(part string) string {
			return "CREATE INDEX IF NOT EXISTS " + schema.Postgres().Quote(indexName(e.want, part, c.Group.Name)) +
				" ON " + db.quoted(part) + " (" + quoteAll(c.Group.Columns) + ")"
		}
	case schema.Moved, schema.BatchChanged:
		return nil
	}
	if remote == nil {
		return e.cannot(c, ", as the table is spread over several servers")
	}
	for i, server := range db.opts.Servers {
		sql := remote(remoteName(e.want.Name(), i))
		if err := e.tx.remotely(ctx, server, sql); err != nil {
			return e.blame(err)
		}
	}
	if local == "" {
		return nil
	}
	return e.run(ctx, local)
}
