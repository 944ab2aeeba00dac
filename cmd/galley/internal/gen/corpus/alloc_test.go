package corpus

import (
	"encoding"
	"reflect"
	"strings"
	"testing"
	"time"

	tables "github.com/galley-db/galley/schema"
	"pgregory.net/rapid"
)

// sink is a Writer that does as little as one can.
type sink struct{ n int }

func (s *sink) Null(i int)               { s.n += i }
func (s *sink) Bool(i int, _ bool)       { s.n += i }
func (s *sink) Int64(i int, _ int64)     { s.n += i }
func (s *sink) Float64(i int, _ float64) { s.n += i }
func (s *sink) Text(i int, v string)     { s.n += len(v) }
func (s *sink) Blob(i int, v []byte)     { s.n += len(v) }
func (s *sink) Time(i int, _ time.Time)  { s.n += i }

// makesText reports whether a field's value has to be made into text or bytes
// before it can be stored, which is what its marshaler allocates.
func makesText(c tables.Column, row reflect.Type) bool {
	for _, name := range strings.Split(c.Field, ".") {
		f, _ := row.FieldByName(name)
		row = f.Type
	}
	if row.Kind() == reflect.Pointer {
		row = row.Elem()
	}
	marshals := reflect.PointerTo(row).Implements(reflect.TypeFor[encoding.TextMarshaler]())
	return c.ByValue || c.Type == tables.JSON || c.Uint != tables.UintInt || c.Type == tables.Text && marshals
}

// lean holds that Bind allocates nothing for rows that it stores.
func lean[T any](t *testing.T, s *tables.Schema, b tables.Binder[T]) {
	for _, c := range s.Columns() {
		if makesText(c, reflect.TypeFor[T]()) {
			t.Skipf("column %s is made into text", c.Name)
		}
	}
	rows := rapid.Custom(func(t *rapid.T) (row T) {
		fill(t, reflect.ValueOf(&row).Elem(), "row", 0)
		return row
	})
	w, measured := &sink{}, 0
	for seed := range 50 {
		row := rows.Example(seed)
		if b.Bind(w, &row) != nil {
			continue // the error is allocated
		}
		measured++
		if n := testing.AllocsPerRun(10, func() { _ = b.Bind(w, &row) }); n != 0 {
			t.Errorf("Bind allocates %v times a row: %+v", n, row)
		}
	}
	if measured == 0 {
		t.Error("not one row was measured")
	}
}
