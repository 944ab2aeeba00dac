package store

import "fmt"

// Evolution selects what Ensure may change in a table that differs from the
// schema. The order of the columns is ignored.
type Evolution uint8

const (
	// Strict changes nothing. The *MismatchError lists every difference.
	Strict Evolution = iota
	// Additive makes changes that every existing row satisfies: new columns
	// that may be NULL or have a default, new indexes and unique groups, wider
	// types with the same storage. The table keeps its other columns, indexes
	// and unique groups. An older writer, whose struct lacks the new columns,
	// continues to work. Additive renames a column in place if the tag says so
	// (was=); a writer that uses the old name is then refused. If rows break a
	// new unique group, the error is ErrConstraint and the table is unchanged.
	Additive
	// Rebuild also makes changes that rewrite the table: other types,
	// constraints and keys, and dropped columns. It keeps the rows and their
	// order, the table's other indexes, its triggers and views. It fails and
	// leaves the table unchanged if a value would change with its new type, if
	// a row breaks a new rule, if a view or trigger would break, or if the
	// struct lacks a column that has values.
	Rebuild
	// RebuildAndDrop is Rebuild, and drops the columns that the struct lacks
	// with their values, which are lost.
	RebuildAndDrop
)

// String returns the name of the constant, "Evolution(n)" for another value.
func (e Evolution) String() string {
	switch e {
	case Strict:
		return "Strict"
	case Additive:
		return "Additive"
	case Rebuild:
		return "Rebuild"
	case RebuildAndDrop:
		return "RebuildAndDrop"
	}
	return fmt.Sprintf("Evolution(%d)", uint8(e))
}
