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
		case c.Kind == schema.NullChanged && p.missesNaN(c.Column):
			refuse = append(refuse, c) // each stored NaN would be read as 0
		case how == store.Additive && p.idle(c):
		case how >= store.Rebuild, how == store.Additive && InPlace(c):
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

// columns returns a column of want, and the one of have that it was, nil if that
// is new.
func (p pairing) columns(name string) (want, have *schema.Column) {
	i, _ := p.want.Column(name)
	if at := p.sources()[i]; at >= 0 {
		have = &p.have.Columns()[at]
	}
	return &p.want.Columns()[i], have
}

// missesNaN reports whether a column of want reads a stored NaN as 0.
func (p pairing) missesNaN(name string) bool {
	want, have := p.columns(name)
	return have != nil && want.MissesNaN(have)
}

// readsNaN reports whether a column of want reads a stored NaN as nil. The table
// keeps its nan=null for such a column, which other programs need.
func (p pairing) readsNaN(name string) bool {
	want, have := p.columns(name)
	return have != nil && have.NaNNull && !want.NaNNull && want.Nullable && !want.ZeroNull
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
	if lost := slices.IndexFunc(refuse, func(c schema.Change) bool {
		i, ok := s.Column(c.Column)
		return ok && c.Kind == schema.NullChanged && how >= store.Rebuild && s.Columns()[i].ZeroNull
	}); lost >= 0 {
		e.Hint = fmt.Sprintf("the table stores a NaN of column %q as NULL, which this struct reads as 0; tag the field nan=null, or make it a pointer", refuse[lost].Column)
		return e
	}
	switch how {
	case store.Strict:
		e.Hint = "add columns with Options.Evolve Additive, or write into a table of another name"
	case store.Additive:
		e.Hint = "Additive adds columns that may be NULL or have a default; for the rest plan a Rebuild, or write into a table of another name"
	}
	return e
}
