package table

import "github.com/galley-db/galley/schema"

// stale tells whether a binder was made for another struct than the one that
// s is the schema of. Binders from galley gen also know the Go fields: two
// fields of one type that change places under the same tags leave the
// fingerprint as it is.
func stale[T any](b schema.Binder[T], s *schema.Schema) bool {
	if b.Fingerprint() != s.Fingerprint() {
		return true
	}
	generated, ok := b.(interface{ Fields() []string })
	if !ok {
		return false
	}
	fields, columns := generated.Fields(), s.Columns()
	if len(fields) != len(columns) {
		return true
	}
	for i := range columns {
		if columns[i].Field != fields[i] {
			return true
		}
	}
	return false
}
