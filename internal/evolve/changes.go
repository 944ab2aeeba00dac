package evolve

import (
	"fmt"
	"slices"
	"strings"

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
		case c.Kind == schema.Renamed && c.SQL == "":
			refuse = append(refuse, c) // the table has both columns: which one holds the values is not known
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

// spare reports whether rows may be written without a column of have: it takes
// NULL or has a default, and is not alone in a unique group, in which the second
// row would repeat the default of the first.
func (p pairing) spare(name string) bool {
	i, ok := p.have.Column(name)
	if !ok {
		return false
	}
	c := p.have.Columns()[i]
	if !c.Nullable && c.Default == "" {
		return false
	}
	return !slices.ContainsFunc(p.have.Uniques(), func(g schema.Group) bool {
		return g.Name == c.Unique && !slices.ContainsFunc(g.Columns, func(name string) bool { return p.column(name) != nil || p.null(name) })
	})
}

// null reports whether a row that is written without a column of have has NULL
// there, which is equal to no other value.
func (p pairing) null(name string) bool {
	i, _ := p.have.Column(name)
	c := p.have.Columns()[i]
	return c.Nullable && (c.Default == "" || strings.EqualFold(c.Default, "NULL"))
}

// Mismatch returns the error for changes that how does not allow. place is the
// path of the file or the name of the server.
func Mismatch(how store.Evolution, place string, s *schema.Schema, refuse []schema.Change) *store.MismatchError {
	e := &store.MismatchError{Path: place, Table: s.Name(), Changes: refuse}
	for _, c := range refuse {
		if c.Kind == schema.Renamed && c.SQL == "" {
			e.Reason = fmt.Sprintf("it has column %q and column %q, and the tag was=%s says that they are one", c.Have, c.Want, c.Have)
			e.Hint = "leave was= out if they are two columns; else drop the one that holds no values"
			return e
		}
	}
	switch how {
	case store.Strict:
		e.Hint = "add columns with Options.Evolve Additive, or write into a table of another name"
	case store.Additive:
		e.Hint = "Additive adds columns that may be NULL or have a default; for the rest plan a Rebuild, or write into a table of another name"
	}
	return e
}
