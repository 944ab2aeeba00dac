package schema

import (
	"errors"
	"fmt"
)

// ErrColumnCount is returned when a table would have no column, or more than
// SQLite's limit of 2,000 (https://sqlite.org/limits.html#max_column).
var ErrColumnCount = errors.New("a table has between 1 and 2,000 columns")

const maxColumns = 2000

// NameError says that a name cannot be that of a table, a column, or a group
// of columns in SQL.
type NameError struct {
	Kind   string // "table", "column", "unique group", "index group" or "old column"
	Name   string // the name
	Reason string // why not
}

// Error names what is named, the name, and says why not.
func (e *NameError) Error() string {
	return fmt.Sprintf("%s name %s: %s", e.Kind, shorten(e.Name), e.Reason)
}

// ColumnError says that a column's properties do not fit one another, or that
// the text of its spec cannot be understood.
type ColumnError struct {
	Column string // the column's name
	Reason string // what is wrong

	option string // the tag's option that says so, "" for none
}

// Error names the column and says what is wrong with it.
func (e *ColumnError) Error() string {
	return fmt.Sprintf("column %s: %s", shorten(e.Column), e.Reason)
}
