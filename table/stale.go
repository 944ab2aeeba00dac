package table

import (
	"fmt"
	"reflect"

	"github.com/galley-db/galley/schema"
)

// bindsRows is what a binder of any type has.
type bindsRows interface{ Fingerprint() string }

// checkBinder returns ErrStaleBinder if a binder was generated for another struct
// than t, whose schema is s. Binders from galley gen also contain the Go fields: two fields of one
// type that are swapped under the same tags have the same fingerprint, and so has
// a named type that gains MarshalText.
func checkBinder(b bindsRows, s *schema.Schema, t reflect.Type) error {
	if stale(b, s) {
		return fmt.Errorf("table %q: %T: %w %s", s.Name(), b, ErrStaleBinder, remedy(t))
	}
	return nil
}

func stale(b bindsRows, s *schema.Schema) bool {
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
func remedy(t reflect.Type) string {
	if path := t.PkgPath(); path != "main" { // every program's package has that path
		return t.String() + "; run go generate " + path
	}
	return t.String() + "; run go generate in the folder of the program"
}
