package sqlite

import (
	"errors"
	"fmt"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// dependents is what of a file speaks of its tables, and whether it works.
type dependents struct {
	views    map[string]error // by name; nil for one that works
	triggers error            // the first view or trigger that does not compile
	dangling int64            // rows whose foreign key leads nowhere
}

// dependents finds out, in the transaction that has been started.
func (c *conn) dependents() (d dependents, err error) {
	views, err := c.texts("SELECT name FROM sqlite_schema WHERE type = 'view'")
	if err != nil {
		return d, err
	}
	d.views = map[string]error{}
	for _, view := range views {
		d.views[view] = c.run("SELECT * FROM " + schema.SQLite().Quote(view) + " LIMIT 0")
	}
	// To rename a table, SQLite compiles all triggers and views of the file
	// (https://sqlite.org/lang_altertable.html#altertabrename), and there is no
	// other way to have triggers compiled: so a table is made to be renamed.
	d.triggers = c.Exec("SAVEPOINT galley; CREATE TABLE \"galley probe\" (x); ALTER TABLE \"galley probe\" RENAME TO \"galley probed\"")
	if err := c.Exec("ROLLBACK TO galley; RELEASE galley"); err != nil {
		return d, err
	}
	d.dangling, err = c.int64("SELECT count(*) FROM pragma_foreign_key_check")
	return d, err
}

// dependentError says that something that speaks of a table would no longer
// work if the table were rebuilt.
func (w *writer) dependentError(table, what string, err error) error {
	if !errors.Is(err, sqlite3.ERROR) { // that of SQL; a full disk says nothing of it
		return fmt.Errorf("change table %q: %w", table, err)
	}
	e := &store.MismatchError{Path: w.file.path, Table: table, Reason: what + " would no longer work after the change",
		Hint: "drop it first, and create it again so that it fits"}
	return fmt.Errorf("%w: %w", e, err)
}

// compareDependents makes sure that a rebuilt table broke nothing that worked
// before.
func (w *writer) compareDependents(table string, before dependents) error {
	now, err := w.conn.dependents()
	if err != nil {
		return err
	}
	for view, err := range now.views {
		if err != nil && before.views[view] == nil {
			return w.dependentError(table, fmt.Sprintf("view %q", view), err)
		}
	}
	if now.triggers != nil && before.triggers == nil {
		return w.dependentError(table, "a trigger", now.triggers)
	}
	if now.dangling > before.dangling {
		return fmt.Errorf("rebuild table %q: %w: %d rows would refer to missing rows",
			table, store.ErrConstraint, now.dangling-before.dangling)
	}
	return nil
}
