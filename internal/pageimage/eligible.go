package pageimage

import (
	"fmt"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
)

// Eligible reports whether a table of these columns can take its rows by image,
// rightly and fast: no key, unique constraint or index, which make the
// statement run row by row, and no CHECK, which does the same in some versions
// of the engine and is not evaluated in others.
// It checks the columns only; triggers, foreign keys and indexes created by other
// means are [Transfers]'s to find.
func Eligible(columns []schema.Column) bool {
	for i := range columns {
		c := &columns[i]
		if c.Key || c.Unique != "" || c.Index != "" || c.Check != "" {
			return false
		}
	}
	return true
}

// Refresh has a connection notice that the slot it has attached as schema, a
// plain name, serves another table than before. A statement that is compiled
// already needs no Refresh: SQLite compiles it again by itself. One that is to
// be compiled does, since SQLite compiles against the schema that it remembers
// and would refuse, say, a new number of columns.
// https://sqlite.org/pragma.html#pragma_schema_version
func Refresh(c *sqlite3.Conn, schema string) error {
	if err := c.Exec("SELECT 1 FROM " + schema + ".sqlite_schema"); err != nil {
		return fmt.Errorf("pageimage: refresh: %w", err)
	}
	return nil
}

// Transfers asks the engine whether it runs an INSERT … SELECT as a transfer
// of whole cells: whether its program copies cells and takes no row apart.
// Ask when the slot serves an image of the table, after [Refresh], and again
// after the schema has changed. https://sqlite.org/opcode.html
func Transfers(c *sqlite3.Conn, statement string) (bool, error) {
	s, _, err := c.Prepare("EXPLAIN " + statement)
	if err != nil {
		return false, fmt.Errorf("pageimage: explain: %w", err)
	}
	defer s.Close()
	copies := false
	for s.Step() {
		switch s.ColumnText(1) {
		case "RowCell", "RowData": // the latter in builds with a pre-update hook
			copies = true
		case "Column", "MakeRecord":
			return false, nil
		}
	}
	if err := s.Err(); err != nil {
		return false, fmt.Errorf("pageimage: explain: %w", err)
	}
	return copies, nil
}
