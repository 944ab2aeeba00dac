package sqlite

import (
	"fmt"

	"github.com/galley-db/galley/schema"
)

// A table that another program drops and creates again, with the same columns, has
// lost its rows, and galley_batches still says that they are stored. SQLite gives a
// table nothing that only goes with it and survives VACUUM, but it keeps the order of
// tables: a table that is created is the last of sqlite_schema. So an empty table,
// galley_order, stands behind those that galley created. A table behind it, which the
// history does not say that galley created, was created by other means.

// settleOrder puts galley_order behind all tables, after galley created or changed
// one, and has it say up to which entry the history is about tables before it,
// unless one of the tables behind it was created by other means. A table that an
// older galley created may stand behind it too: only the history after that entry
// says that galley created the table.
func (c *conn) settleOrder() error {
	there, err := c.int64("SELECT count(*) FROM main.sqlite_schema WHERE name = 'galley_order'")
	if err != nil {
		return err
	}
	const behind = `SELECT count(*) FROM main.sqlite_schema WHERE type = 'table'` +
		` AND rowid > (SELECT rowid FROM main.sqlite_schema WHERE name = 'galley_order')` +
		` AND name COLLATE NOCASE IN (SELECT "table" FROM main.galley_columns)`
	known := int64(0)
	if there > 0 {
		unknown, err := c.int64(behind + ` AND name COLLATE NOCASE NOT IN (SELECT "table" FROM main.galley_history WHERE id > (SELECT history FROM main.galley_order))`)
		if err != nil || unknown > 0 {
			return err
		}
		if known, err = c.int64(behind); err != nil {
			return err
		}
	}
	const last = "SELECT max(id) FROM main.galley_history"
	if there > 0 && known == 0 {
		return c.Exec("UPDATE main.galley_order SET history = (" + last + ")")
	}
	return c.Exec("DROP TABLE IF EXISTS main.galley_order; CREATE TABLE main.galley_order (history INTEGER NOT NULL) STRICT; INSERT INTO main.galley_order " + last)
}

// createdByHand reports whether a table was created by other means than galley.
func (c *conn) createdByHand(table string) (bool, error) {
	behind, err := c.int64(`SELECT count(*) FROM main.sqlite_schema t, main.sqlite_schema o WHERE t.type = 'table' AND t.name = ? COLLATE NOCASE`+
		` AND o.name = 'galley_order' AND t.rowid > o.rowid`, table)
	if err != nil || behind == 0 {
		return false, err
	}
	known, err := c.int64(`SELECT count(*) FROM main.galley_history WHERE "table" = ? AND id > (SELECT history FROM main.galley_order)`, table)
	return known == 0, err
}

// lostRows says how many rows a table that was created by other means lacks, ""
// for none. Restoring a dump, and changing a table by hand, create it with its
// rows. A table whose rows may be changed counts a row in several batches.
func (c *conn) lostRows(s *schema.Schema) (string, error) {
	stored, err := c.int64(`SELECT coalesce(sum(rows), 0) FROM main.galley_batches WHERE "table" = ?`, s.Name())
	if err != nil || stored == 0 {
		return "", err
	}
	rows, err := c.int64("SELECT count(*) FROM main." + schema.SQLite().Quote(s.Name()))
	if err != nil || rows >= stored || rows > 0 && len(s.Key())+len(s.Uniques()) > 0 {
		return "", err
	}
	return fmt.Sprintf("it was dropped and created again: it has %d rows, and its batches in galley_batches have %d; "+
		"restore the rows, or delete the table's rows in galley_batches, so that the batches can be stored again", rows, stored), nil
}
