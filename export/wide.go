package export

import (
	"errors"
	"fmt"
)

// Wide says how a table with a row for each thing measured becomes one with a
// column for each thing.
type Wide struct {
	// Index are the columns that name a row of the wide table, such as
	// subject and session.
	Index []string
	// Columns are the columns whose values name the new columns, such as
	// struct_name. Several are joined by an underscore, and NULL is the text
	// NULL. Values that would share a name, such as "a_b", "c" and "a", "b_c",
	// are refused with [ErrWide], or in a merge with a *[MergeError].
	Columns []string
	// Values are the columns whose values fill the new columns. Each gets a
	// file of its own, TABLE.VALUE.wide; under OneTable there is one file,
	// TABLE.wide, and the new columns begin with the name of the value and an
	// underscore.
	Values   []string
	OneTable bool
}

// ErrWide is returned when a table cannot be made wide as asked for.
var ErrWide = errors.New("cannot be made wide")

// DuplicateError is the error for several rows that share a key.
type DuplicateError struct {
	Table  string
	Key    string // columns and values, such as subject=a, session=1
	Column string // of the wide table, "" elsewhere
}

// Error names the key and the way out.
func (e *DuplicateError) Error() string {
	if e.Column != "" {
		return fmt.Sprintf("table %q has several values for %s in column %q: add the columns that distinguish them to Index or Columns", e.Table, e.Key, e.Column)
	}
	return fmt.Sprintf("table %q has several rows for %s: add the columns that distinguish them to the key", e.Table, e.Key)
}
