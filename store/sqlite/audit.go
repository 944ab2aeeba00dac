package sqlite

import (
	"fmt"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// audit returns a *MismatchError where the table itself is not what
// galley_columns says: another program has altered, rebuilt or dropped it. While
// it is in use, more columns are allowed behind those of s, if rows may come
// without them. byHand reports that the table was created by other means than galley.
func (c *conn) audit(path string, s *schema.Schema, inUse bool) (byHand bool, err error) {
	mismatch := func(format string, args ...any) (bool, error) {
		return false, &store.MismatchError{Path: path, Table: s.Name(),
			Reason: fmt.Sprintf(format, args...) + "; the table was altered by other means, undo that or use another Options.Name"}
	}
	loose, err := c.loose(s.Name())
	if err != nil {
		return false, err
	}
	if loose {
		return mismatch("it is not STRICT, so that its columns may hold values of any type")
	}
	st, _, err := c.Prepare("SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info(?, 'main')")
	if err != nil {
		return false, err
	}
	defer st.Close()
	if err := st.BindText(1, s.Name()); err != nil {
		return false, err
	}
	columns := s.Columns()
	i := 0
	for ; st.Step(); i++ {
		name := st.ColumnText(0)
		if spare := !st.ColumnBool(2) || st.ColumnText(3) != ""; i >= len(columns) && inUse && spare {
			continue
		}
		if i >= len(columns) || columns[i].Name != name {
			return mismatch("column %d is %q", i+1, name)
		}
		c := &columns[i]
		if want := schema.SQLite().Type(*c); st.ColumnText(1) != want || st.ColumnBool(2) == c.Nullable {
			return mismatch("column %q is %s, want %s", name, declared(st.ColumnText(1), !st.ColumnBool(2)), declared(want, c.Nullable))
		}
		// The text of the tag is in tables of a galley that did not round a float32.
		if have, want := st.ColumnText(3), schema.SQLite().Default(*c); have != want && have != c.Default {
			return mismatch("column %q has %s, want %s", name, evolve.Defaulted(have), evolve.Defaulted(want))
		}
	}
	if err := st.Err(); err != nil {
		return false, err
	}
	if i == 0 {
		return false, evolve.DroppedByHand(path, s)
	}
	if i < len(columns) {
		return mismatch("column %q is missing", columns[i].Name)
	}
	broken, err := c.brokenRule(s)
	if err != nil {
		return false, err
	}
	if broken != "" {
		return mismatch("%s", broken)
	}
	byHand, err = c.createdByHand(s.Name())
	if err != nil || !byHand {
		return false, err
	}
	lost, err := c.lostRows(s)
	if err == nil && lost != "" {
		err = &store.MismatchError{Path: path, Table: s.Name(), Reason: lost}
	}
	return byHand, err
}

// loose reports whether a table is not STRICT. The function pragma_table_list would
// do, and read all attached databases, the images of the next batch among them.
func (c *conn) loose(table string) (bool, error) {
	st, _, err := c.Prepare("PRAGMA main.table_list(" + schema.SQLite().Literal(table) + ")")
	if err != nil {
		return false, err
	}
	defer st.Close()
	const strict = 5 // https://sqlite.org/pragma.html#pragma_table_list
	loose := false
	for st.Step() {
		loose = loose || !st.ColumnBool(strict)
	}
	return loose, st.Err()
}

// declared is a column's type as CREATE TABLE has it.
func declared(kind string, nullable bool) string {
	if nullable {
		return kind
	}
	return kind + " NOT NULL"
}
