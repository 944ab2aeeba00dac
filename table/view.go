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
	core   *core
	binder schema.Binder[V]
}

// ViewOf returns a View of a smaller struct. Each field of V must be a column
// of the table, by name, with the same type. A field that cannot be NULL needs
// a column that cannot be NULL, and a column with nan=null needs a field with
// nan=null, a pointer or an sql.Null: another one would read NaN as 0. Otherwise the error is a *[MismatchError]
// that lists every column that does not fit.
func ViewOf[V, T any](t *Table[T]) (View[V], error) {
	s, err := schema.Of[V]()
	if err == nil {
		s, err = t.core.part(s, "it cannot be read into ", misreads)
	}
	if err != nil {
		return View[V]{}, fmt.Errorf("view of table %q: %w", t.Name(), err)
	}
	b, err := schema.Reflect[V](s)
	return View[V]{&core{backend: t.core.backend, schema: s, whole: t.core.schema}, b}, err
}

const fitHint = "leave the field out, or give it the column's name and type"

// part returns the schema of a smaller struct under the table's name. If columns
// of it do not fit those of the table it returns a *MismatchError with the reason.
func (c *core) part(smaller *schema.Schema, reason string, fits func(c, column *schema.Column) (schema.ChangeKind, bool)) (*schema.Schema, error) {
	s, err := smaller.Named(c.name())
	if err != nil {
		return nil, err
	}
	var misfits []schema.Change
	columns := c.schema.Columns()
	for _, col := range s.Columns() {
		i, ok := c.schema.Column(col.Name)
		if !ok || columns[i].Name != col.Name {
			misfits = append(misfits, schema.Change{Kind: schema.Added, Column: col.Name, Want: col.Spec(), Risk: schema.Safe})
			continue
		}
		if kind, ok := fits(&col, &columns[i]); !ok {
			misfits = append(misfits, schema.Change{Kind: kind, Column: col.Name, Want: col.Spec(), Have: columns[i].Spec(), Risk: schema.Lossy})
		}
	}
	if len(misfits) > 0 {
		return nil, &store.MismatchError{Table: c.name(), Changes: misfits, Reason: reason + strconv.Quote(smaller.Name()), Hint: fitHint}
	}
	return s, nil
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
