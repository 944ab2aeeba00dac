package sheet

import (
	"slices"
	"strings"

	"github.com/galley-db/galley/schema"
)

// RowNumber is a name of the row's number that no column of s has, of the three
// that SQLite gives it (https://sqlite.org/lang_createtable.html#rowid).
func RowNumber(s *schema.Schema) string {
	for _, name := range []string{"rowid", "_rowid_"} {
		if !slices.ContainsFunc(s.Columns(), func(c schema.Column) bool { return strings.EqualFold(c.Name, name) }) {
			return name
		}
	}
	return "oid"
}
