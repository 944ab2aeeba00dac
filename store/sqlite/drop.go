package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Drop removes the table with its rows, its quarantine and its batches, in one
// transaction, and returns how many rows it had. It keeps the table's history.
// It returns an error that matches [store.ErrNoTable] if the file does not have
// the table, and a *[store.MismatchError] if a view, a trigger or a foreign key
// of another table needs it. A writer that has the table open gets an error from
// its next batch.
func (db *DB) Drop(ctx context.Context, table string) (rows int64, err error) {
	err = db.alter(ctx, table, func(w *writer, s *schema.Schema) error {
		quote := schema.SQLite().Quote
		if rows, err = w.conn.int64("SELECT count(*) FROM " + quote(table)); err != nil {
			return err
		}
		there, another, err := w.quarantined(s)
		if err != nil {
			return err
		}
		if there && !another {
			if err := w.conn.Exec("DROP TABLE " + quote(table+store.RejectsSuffix)); err != nil {
				return err
			}
		}
		if err := w.conn.Exec("DROP TABLE " + quote(table)); err != nil {
			return err
		}
		for _, own := range []string{"galley_columns", "galley_batches"} {
			if err := w.conn.run("DELETE FROM "+own+` WHERE "table" = ?`, table); err != nil {
				return err
			}
		}
		return w.conn.remember(s, "dropped")
	})
	return rows, err
}

// Rename gives a table another name, with its quarantine, batches, history and
// indexes, in one transaction. Views and triggers that name the table follow. It
// returns an error that matches [store.ErrNoTable] if the file does not have the
// table, and a *[store.MismatchError] if the new name is taken. A writer that
// has the table open gets an error from its next batch.
func (db *DB) Rename(ctx context.Context, table, to string) error {
	return db.alter(ctx, table, func(w *writer, s *schema.Schema) error {
		c, quote := w.conn, schema.SQLite().Quote
		if to == "" {
			return fmt.Errorf("%w: table %q: the new name is empty", store.ErrOptions, table)
		}
		renamed, err := s.Named(to)
		if err != nil {
			return err
		}
		there, another, err := w.quarantined(s)
		if err != nil {
			return err
		}
		names := []string{to}
		if there && !another {
			names = append(names, to+store.RejectsSuffix)
		}
		for _, name := range names {
			n, err := c.int64("SELECT count(*) FROM sqlite_schema WHERE name = ? COLLATE NOCASE AND name <> ?", name, table)
			if err != nil {
				return err
			}
			if n > 0 || name == table {
				return &store.MismatchError{Path: w.file.path, Table: table, Reason: fmt.Sprintf("the name %q is taken", name), Hint: "use another name"}
			}
		}
		var statements, again []string
		own, err := c.taggedIndexes(s)
		if err != nil {
			return err
		}
		for _, name := range own {
			statements = append(statements, "DROP INDEX "+quote(name))
		}
		for _, g := range s.Uniques() { // those that came later are indexes, the others part of the table
			later, err := c.ownIndexes(table, []schema.Group{g}, s.UniqueNames, true)
			if err != nil {
				return err
			}
			if len(later) > 0 {
				again = append(again, "CREATE UNIQUE INDEX "+quote(renamed.UniqueName(g.Name))+" ON "+quote(to)+" ("+quoteList(g.Columns)+")")
			}
		}
		statements = append(statements, "ALTER TABLE "+quote(table)+" RENAME TO "+quote(to))
		if there && !another {
			statements = append(statements, "ALTER TABLE "+quote(table+store.RejectsSuffix)+" RENAME TO "+quote(to+store.RejectsSuffix))
		}
		again = append(again, renamed.CreateTable(schema.SQLite())[1:]...)
		for _, sql := range append(statements, again...) {
			if err := c.Exec(sql); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		for _, own := range []string{"galley_columns", "galley_batches", "galley_history"} {
			if err := c.run("UPDATE "+own+` SET "table" = ? WHERE "table" = ?`, to, table); err != nil {
				return err
			}
		}
		if err := c.indexed(to); err != nil { // those that a load left out were created above
			return err
		}
		if err := c.remember(renamed, evolve.RenamedFrom+table); err != nil {
			return err
		}
		return c.settleOrder()
	})
}

// alter runs work on a table in a transaction, and makes sure that nothing which
// names the table breaks.
func (db *DB) alter(ctx context.Context, table string, work func(*writer, *schema.Schema) error) error {
	if err := db.writable(); err != nil {
		return err
	}
	err := db.file.exclusively(ctx, func(w *writer) error {
		return w.transaction(func() error { return w.alter(table, work) })
	})
	return explain(db.file.path, err)
}

func (w *writer) alter(table string, work func(*writer, *schema.Schema) error) error {
	s, err := w.conn.table(table)
	if err != nil {
		return err
	}
	if s == nil {
		return fmt.Errorf("table %q: %w", table, store.ErrNoTable)
	}
	before, err := w.conn.dependents()
	if err != nil {
		return err
	}
	if err := work(w, s); err != nil {
		return err
	}
	return w.compareDependents(table, before)
}

func quoteList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = schema.SQLite().Quote(name)
	}
	return strings.Join(quoted, ", ")
}
