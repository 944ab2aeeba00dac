package store

import (
	"strings"

	"github.com/galley-db/galley/schema"
)

// Evolution says what Ensure does with a table that differs from the schema.
// The order of the columns is no difference.
type Evolution uint8

const (
	// Strict changes nothing: every difference is in the *MismatchError.
	Strict Evolution = iota
	// Additive makes the changes that no row can mind: new columns that may
	// be NULL or have a default, new indexes and unique groups, types that
	// hold more in the same form. Columns, indexes and unique groups that the
	// table has beyond the schema's stay, so that an older writer whose
	// struct lacks them goes on, if the columns may be NULL or have a default.
	// A column renamed by tag (was=) is renamed in place; a writer that knows
	// it by its old name is refused from then on. A unique group that rows of
	// the table break is ErrConstraint, with the table as it was.
	Additive
	// Rebuild also does what needs the table to be written anew: other types,
	// constraints and keys, and columns to be dropped. It keeps the rows and
	// their order, the table's other indexes, its triggers and views. It
	// fails, with the table as it was, where a value does not come out the
	// same as its new type, a row breaks a new rule, or a view or trigger
	// breaks.
	Rebuild
)

// Changes sorts the changes that a table needs to fit s into those that how
// allows to be made and those that it refuses, for Backends. Neither has
// columns in another order, which no statement of galley's minds.
func (how Evolution) Changes(s, have *schema.Schema) (make, refuse []schema.Change) {
	p := pairing{s, have}
	for _, c := range schema.Diff(s, have) {
		switch {
		case c.Kind == schema.Moved, p.turned(c):
		case how == Additive && p.idle(c):
		case how == Rebuild, how == Additive && additive(c):
			make = append(make, c)
		default:
			refuse = append(refuse, c)
		}
	}
	return make, refuse
}

// fits tells that there is nothing to do.
func fits(s, have *schema.Schema, how Evolution) bool {
	if s.Fingerprint() == have.Fingerprint() {
		return true
	}
	make, refuse := how.Changes(s, have)
	return len(make) == 0 && len(refuse) == 0
}

// additive tells that a change can be made in place without a look at the
// rows, or fails with the table as it was.
func additive(c schema.Change) bool {
	switch c.Kind {
	case schema.Added, schema.IndexAdded, schema.IndexDropped, schema.UniqueAdded, schema.Renamed:
		return c.SQL != ""
	case schema.Widened, schema.BatchChanged, schema.NullChanged:
		return c.Risk == schema.Safe // what SQLite stores is the same
	}
	return false
}

// spare tells that rows may come without the column.
func spare(have *schema.Schema, name string) bool {
	i, ok := have.Column(name)
	return ok && (have.Columns()[i].Nullable || have.Columns()[i].Default != "")
}

// mismatch is the error for what how does not allow.
func (f *file) mismatch(s, have *schema.Schema, how Evolution) error {
	_, refuse := how.Changes(s, have)
	return how.Mismatch(f.path, s, refuse)
}

// Mismatch is the error for changes that how does not allow, for Backends.
func (how Evolution) Mismatch(place string, s *schema.Schema, refuse []schema.Change) *MismatchError {
	e := &MismatchError{Path: place, Table: s.Name(), Changes: refuse}
	switch how {
	case Strict:
		e.Hint = "add columns with Options.Evolve Additive, or write into a table of another name"
	case Additive:
		e.Hint = "Additive adds columns that may be NULL or have a default; for the rest plan a Rebuild, or write into a table of another name"
	}
	return e
}

// describe is changes, one a line.
func describe(changes []schema.Change) string {
	lines := make([]string, len(changes))
	for i, c := range changes {
		lines[i] = c.String()
	}
	return strings.Join(lines, "\n")
}
