package table

import (
	"reflect"

	"github.com/galley-db/galley/schema"
)

// stale reports whether a binder was generated for another struct than the one
// of s. Binders from galley gen also contain the Go fields: two fields of one
// type that are swapped under the same tags have the same fingerprint, and so has
// a named type that gains MarshalText.
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
		if columns[i].Source() != fields[i] {
			return true
		}
	}
	return false
}

// remedy is the struct's name and the command to run if its binder is stale.
func remedy[T any]() string {
	t := reflect.TypeFor[T]()
	if path := t.PkgPath(); path != "main" { // every program's package has that path
		return t.String() + "; run go generate " + path
	}
	return t.String() + "; run go generate in the folder of the program"
}
