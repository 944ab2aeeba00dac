package schema_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
)

// row is a Writer and a Reader of one row in memory, by the rules of Column:
// what a backend does, without one.
type row struct {
	columns []schema.Column
	cells   []any // nil, int64, float64, string, []byte
	next    int   // column that the binder has to write next
	err     error
}

func newRow(s *schema.Schema) *row {
	return &row{columns: s.Columns(), cells: make([]any, len(s.Columns()))}
}

func (r *row) put(i int, v any, err error) {
	if i != r.next {
		r.err = errors.Join(r.err, fmt.Errorf("column %d written, expected %d", i, r.next))
	}
	r.next++
	r.err = errors.Join(r.err, err)
	r.cells[i] = v
}

func (r *row) Null(i int) {
	var err error
	if !r.columns[i].Nullable {
		err = fmt.Errorf("NULL written to NOT NULL column %s", r.columns[i].Name)
	}
	r.put(i, nil, err)
}

func (r *row) Bool(i int, v bool) {
	n := int64(0)
	if v {
		n = 1
	}
	r.put(i, n, nil)
}

func (r *row) Int64(i int, v int64) { r.put(i, v, nil) }

func (r *row) Float64(i int, v float64) {
	null, err := r.columns[i].CheckFloat(v)
	if null {
		r.put(i, nil, err)
		return
	}
	r.put(i, v+0, err)
}

func (r *row) Text(i int, v string) { r.put(i, string([]byte(v)), r.columns[i].CheckText(v)) }
func (r *row) Blob(i int, v []byte) {
	if v == nil {
		r.err = errors.Join(r.err, fmt.Errorf("nil blob written to column %d", i))
	}
	r.put(i, append([]byte{}, v...), nil)
}

func (r *row) Time(i int, v time.Time) {
	if c := r.columns[i]; c.Unit == schema.RFC3339 {
		text, err := c.FormatTime(v)
		r.put(i, text, err)
	} else {
		n, err := c.UnixTime(v)
		r.put(i, n, err)
	}
}

// reader reads what a row holds.
type reader struct{ *row }

func cell[T any](r reader, i int) (v T) {
	if r.cells[i] == nil {
		return v
	}
	v, ok := r.cells[i].(T)
	if !ok {
		r.err = errors.Join(r.err, fmt.Errorf("column %d is %T, read as %T", i, r.cells[i], v))
	}
	return v
}

func (r reader) IsNull(i int) bool     { return r.cells[i] == nil }
func (r reader) Bool(i int) bool       { return cell[int64](r, i) != 0 }
func (r reader) Int64(i int) int64     { return cell[int64](r, i) }
func (r reader) Float64(i int) float64 { return cell[float64](r, i) }
func (r reader) Text(i int) string     { return cell[string](r, i) }
func (r reader) Blob(i int) []byte     { return cell[[]byte](r, i) }

func (r reader) Time(i int) time.Time {
	c := r.columns[i]
	switch {
	case r.cells[i] == nil:
		return time.Time{}
	case c.Unit == schema.RFC3339:
		t, err := c.ParseTime(cell[string](r, i))
		r.err = errors.Join(r.err, err)
		return t
	}
	return c.TimeOf(cell[int64](r, i))
}

func must[T any](t testing.TB) (*schema.Schema, schema.Binder[T]) {
	t.Helper()
	s, err := schema.Of[T]()
	if err != nil {
		t.Fatal(err)
	}
	b, err := schema.Reflect[T](s)
	if err != nil {
		t.Fatal(err)
	}
	return s, b
}

// pass writes v and reads it back; cells is what stood between.
func pass[T any](t testing.TB, v T) (got T, cells []any, err error) {
	t.Helper()
	s, b := must[T](t)
	r := newRow(s)
	if err := b.Bind(r, &v); err != nil {
		return got, nil, err
	}
	if r.err != nil {
		return got, nil, r.err
	}
	if r.next != len(r.columns) {
		t.Fatalf("binder wrote %d of %d columns", r.next, len(r.columns))
	}
	if err := b.Scan(reader{r}, &got); err != nil {
		return got, r.cells, err
	}
	return got, r.cells, r.err
}
