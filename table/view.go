package table

import (
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// View reads rows of V from a table: all columns of it, as the [Table] does
// that it is part of, or some of them ([ViewOf]). A View is safe for use by
// several goroutines at once, may be copied, and has nothing to close.
type View[V any] struct {
	backend store.Backend
	schema  *schema.Schema // the table's name and V's columns
	binder  schema.Binder[V]
}

// ViewOf reads the columns of a smaller struct from a table. Strict by name:
// each field of V must be a column of the table, of the same type, and may
// only then be without NULL if the column is. Otherwise the error is a
// *[store.MismatchError] that names every column that does not fit.
func ViewOf[V, T any](t *Table[T]) (View[V], error) {
	s, err := schema.Of[V]()
	if err == nil {
		s, err = s.Named(t.Name())
	}
	if err != nil {
		return View[V]{}, fmt.Errorf("view of table %q: %w", t.Name(), err)
	}
	var misfits []schema.Change
	for _, c := range s.Columns() {
		i, ok := t.schema.Column(c.Name)
		if !ok {
			misfits = append(misfits, schema.Change{Kind: schema.Added, Column: c.Name, Want: c.Spec()})
			continue
		}
		if have := t.schema.Columns()[i]; !readsAs(&c, &have) {
			misfits = append(misfits, schema.Change{Kind: schema.Narrowed, Column: c.Name, Want: c.Spec(), Have: have.Spec()})
		}
	}
	if len(misfits) > 0 {
		return View[V]{}, &store.MismatchError{Table: t.Name(), Changes: misfits, Reason: "it cannot be read into " + s.Name()}
	}
	b, err := schema.Reflect[V](s)
	return View[V]{backend: t.backend, schema: s, binder: b}, err
}

// readsAs tells whether every value of a column can be read as one of c.
func readsAs(c, column *schema.Column) bool {
	return c.Type == column.Type && c.Unit == column.Unit && c.Uint == column.Uint &&
		(c.Dim == 0 || c.Dim == column.Dim) && (c.Nullable || !column.Nullable)
}
