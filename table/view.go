package table

import (
	"fmt"
	"strconv"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// View reads rows of V from a table: all of its columns, as the part of a
// [Table], or some of them ([ViewOf]). A View is safe for use by several
// goroutines at once, may be copied, and has nothing to close.
type View[V any] struct {
	backend store.Backend
	schema  *schema.Schema // the table's name and V's columns
	whole   *schema.Schema // the table's own
	binder  schema.Binder[V]
}

// ViewOf returns a View of a smaller struct. Each field of V must be a column
// of the table, by name, with the same type. A field that cannot be NULL needs
// a column that cannot be NULL, and a column with nan=null needs a field with
// nan=null, a pointer or an sql.Null: another one would read NaN as 0. Otherwise the error is a *[MismatchError]
// that lists every column that does not fit.
func ViewOf[V, T any](t *Table[T]) (View[V], error) {
	s, what, misfits, err := partOf[V](t, misreads)
	if err != nil {
		return View[V]{}, fmt.Errorf("view of table %q: %w", t.Name(), err)
	}
	if len(misfits) > 0 {
		return View[V]{}, &store.MismatchError{Table: t.Name(), Changes: misfits, Reason: "it cannot be read into " + strconv.Quote(what), Hint: fitHint}
	}
	b, err := schema.Reflect[V](s)
	return View[V]{backend: t.backend, schema: s, whole: t.schema, binder: b}, err
}

const fitHint = "leave the field out, or give it the column's name and type"

// partOf returns the schema of V under the table's name, V's own name, and its
// columns that do not fit those of the table.
func partOf[V, T any](t *Table[T], fits func(c, column *schema.Column) (schema.ChangeKind, bool)) (s *schema.Schema, what string, misfits []schema.Change, err error) {
	s, err = schema.Of[V]()
	if err == nil {
		what = s.Name()
		s, err = s.Named(t.Name())
	}
	if err != nil {
		return nil, "", nil, err
	}
	for _, c := range s.Columns() {
		i, ok := t.schema.Column(c.Name)
		if !ok || t.schema.Columns()[i].Name != c.Name {
			misfits = append(misfits, schema.Change{Kind: schema.Added, Column: c.Name, Want: c.Spec(), Risk: schema.Safe})
			continue
		}
		if kind, ok := fits(&c, &t.schema.Columns()[i]); !ok {
			have := t.schema.Columns()[i].Spec()
			misfits = append(misfits, schema.Change{Kind: kind, Column: c.Name, Want: c.Spec(), Have: have, Risk: schema.Lossy})
		}
	}
	return s, what, misfits, nil
}

// misreads reports whether every value of a column can be read as one of c, and
// otherwise the reason.
func misreads(c, column *schema.Column) (kind schema.ChangeKind, ok bool) {
	switch {
	case c.Type != column.Type || c.Unit != column.Unit || c.Uint != column.Uint || c.Dim != 0 && c.Dim != column.Dim:
		return schema.Narrowed, false
	case column.Nullable && !c.Nullable, c.MissesNaN(column):
		return schema.NullChanged, false
	}
	return 0, true
}
