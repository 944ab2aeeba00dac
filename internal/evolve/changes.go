package evolve

import (
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Changes sorts the changes that a table needs to fit s into those that how
// allows and those that it refuses. Column order is ignored: galley names
// columns in every statement.
func Changes(s, have *schema.Schema, how store.Evolution) (make, refuse []schema.Change) {
	p := pairing{s, have}
	for _, c := range schema.Diff(s, have) {
		switch {
		case c.Kind == schema.Moved, p.turned(c):
		case how == store.Additive && p.idle(c):
		case how == store.Rebuild, how == store.Additive && InPlace(c):
			make = append(make, c)
		default:
			refuse = append(refuse, c)
		}
	}
	return make, refuse
}

// Fits reports whether a table needs no change to fit s, and none is refused.
func Fits(s, have *schema.Schema, how store.Evolution) bool {
	if s.Fingerprint() == have.Fingerprint() {
		return true
	}
	make, refuse := Changes(s, have, how)
	return len(make) == 0 && len(refuse) == 0
}

// InPlace reports that a change can be made in place without a look at the
// rows, or fails with the table as it was.
func InPlace(c schema.Change) bool {
	switch c.Kind {
	case schema.Added, schema.IndexAdded, schema.IndexDropped, schema.UniqueAdded, schema.Renamed:
		return c.SQL != ""
	case schema.Widened, schema.BatchChanged, schema.NullChanged:
		return c.Risk == schema.Safe // what SQLite stores is the same
	}
	return false
}

// spare reports that rows may come without the column.
func spare(have *schema.Schema, name string) bool {
	i, ok := have.Column(name)
	return ok && (have.Columns()[i].Nullable || have.Columns()[i].Default != "")
}

// Mismatch returns the error for changes that how does not allow. place is the
// path of the file or the name of the server.
func Mismatch(how store.Evolution, place string, s *schema.Schema, refuse []schema.Change) *store.MismatchError {
	e := &store.MismatchError{Path: place, Table: s.Name(), Changes: refuse}
	switch how {
	case store.Strict:
		e.Hint = "add columns with Options.Evolve Additive, or write into a table of another name"
	case store.Additive:
		e.Hint = "Additive adds columns that may be NULL or have a default; for the rest plan a Rebuild, or write into a table of another name"
	}
	return e
}
