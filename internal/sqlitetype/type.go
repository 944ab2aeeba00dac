// Package sqlitetype finds the tables that galley did not create, and the types of
// their columns: from the types that an SQLite table declares, and the values in it.
package sqlitetype

import (
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
)

// TableNames is SQL for the names of the tables and views of a file, to which a
// condition or an order can be added.
const TableNames = `SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`

// Values counts what a column of an SQLite table holds.
type Values struct {
	Ints, Reals, Texts, Blobs, Nulls int64
	Bools                            bool // the integers are all 0 or 1
	Times                            bool // the texts are all RFC 3339
}

// Counts are SQL for the counts of a column, whose name is quoted: integers,
// reals, texts, blobs, NULLs, and integers that are 0 or 1.
func Counts(name string) string {
	var counts []string
	for _, condition := range []string{
		"typeof(%s) = 'integer'", "typeof(%s) = 'real'", "typeof(%s) = 'text'", "typeof(%s) = 'blob'", "%s IS NULL",
		"typeof(%[1]s) = 'integer' AND %[1]s IN (0, 1)",
	} {
		counts = append(counts, "count(*) FILTER (WHERE "+fmt.Sprintf(condition, name)+")")
	}
	return strings.Join(counts, ", ")
}

// Type is what a declared type means, by the words that SQLite goes by
// (https://sqlite.org/datatype3.html#determination_of_column_affinity) and
// some that other programs use, unless the values say otherwise.
func Type(decl string, v Values) (t schema.Type, unit schema.TimeUnit, why string) {
	word := strings.ToUpper(decl)
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(word, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("BOOL") && v.Texts+v.Reals+v.Blobs == 0 && (v.Bools || v.Ints == 0):
		t = schema.Bool
	case has("DATE", "TIME") && v.Texts > 0 && v.Times && v.Ints+v.Reals+v.Blobs == 0:
		return schema.Time, schema.RFC3339, ", of texts in the form of RFC 3339"
	case has("DATE", "TIME"):
		t, why = v.stored(), ", but not all of its values are texts in the form of RFC 3339"
		return t, 0, why
	case has("INT"):
		t = schema.Int64
	case has("CHAR", "CLOB", "TEXT", "UUID"):
		t = schema.Text
	case has("JSON"):
		t = schema.JSON
	case has("BLOB"):
		t = schema.Blob
	case has("REAL", "FLOA", "DOUB"):
		t = schema.Float64
	default:
		return v.stored(), 0, ", " + v.String()
	}
	if actual := v.stored(); !v.fits(t) {
		return actual, 0, ", but it holds " + v.String()
	}
	return t, 0, ""
}

// stored is the narrowest type that takes all of the values, text for none.
func (v Values) stored() schema.Type {
	switch {
	case v.Blobs > 0:
		return schema.Blob
	case v.Texts > 0 || v.Ints+v.Reals == 0:
		return schema.Text
	case v.Reals > 0:
		return schema.Float64
	}
	return schema.Int64
}

// fits reports whether all values are of the storage class of a type.
func (v Values) fits(t schema.Type) bool {
	switch t {
	case schema.Text, schema.JSON:
		return v.Ints+v.Reals+v.Blobs == 0
	case schema.Blob:
		return v.Ints+v.Reals+v.Texts == 0
	case schema.Float64:
		return v.Texts+v.Blobs == 0
	}
	return v.Reals+v.Texts+v.Blobs == 0
}

// String counts the values.
func (v Values) String() string {
	var parts []string
	for _, part := range []struct {
		n    int64
		name string
	}{{v.Ints, "integer"}, {v.Reals, "real"}, {v.Texts, "text"}, {v.Blobs, "blob"}, {v.Nulls, "NULL"}} {
		switch {
		case part.n == 1:
			parts = append(parts, "1 "+part.name)
		case part.n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", part.n, part.name))
		}
	}
	if parts == nil {
		return "no values"
	}
	return strings.Join(parts, ", ")
}
