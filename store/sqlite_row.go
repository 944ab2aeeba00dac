package store

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
)

// rowReader gives the values of the row that a statement stands on. Those of
// a galley table have their column's type, since tables are STRICT and were
// compared with the schema; those of a query in SQL are looked at.
type rowReader struct {
	stmt    *sqlite3.Stmt
	columns []schema.Column
	at      []int    // where each column stands in the result, nil: in order
	texts   []string // the last text of each column: they tend to repeat
	checked bool     // types are looked at
	err     error    // the first value that could not be read
}

// place is the index of column i in the result.
func (r *rowReader) place(i int) int {
	if r.at == nil {
		return i
	}
	return r.at[i]
}

// is reports whether the value of column i has one of two types, and
// remembers the first that has not.
func (r *rowReader) is(i int, want, or sqlite3.Datatype) bool {
	if !r.checked {
		return true
	}
	got := r.stmt.ColumnType(r.place(i))
	if got == want || got == or {
		return true
	}
	if r.err == nil {
		err := fmt.Errorf("%w: the query gives a %v, and a %v is wanted", ErrQuery, got, want)
		if got == sqlite3.NULL {
			err = schema.ErrNull
		}
		r.err = &schema.ValueError{Column: r.columns[i].Name, Value: r.stmt.ColumnText(r.place(i)), Err: err}
	}
	return false
}

func (r *rowReader) IsNull(i int) bool { return r.stmt.ColumnType(r.place(i)) == sqlite3.NULL }
func (r *rowReader) Bool(i int) bool   { return r.Int64(i) != 0 }

func (r *rowReader) Int64(i int) int64 {
	if !r.is(i, sqlite3.INTEGER, sqlite3.INTEGER) {
		return 0
	}
	return r.stmt.ColumnInt64(r.place(i))
}

func (r *rowReader) Float64(i int) float64 {
	if !r.is(i, sqlite3.FLOAT, sqlite3.INTEGER) {
		return 0
	}
	return r.stmt.ColumnFloat(r.place(i))
}

func (r *rowReader) Blob(i int) []byte {
	if !r.is(i, sqlite3.BLOB, sqlite3.BLOB) {
		return nil
	}
	return r.stmt.ColumnRawBlob(r.place(i))
}

func (r *rowReader) Text(i int) string {
	if !r.is(i, sqlite3.TEXT, sqlite3.TEXT) {
		return ""
	}
	raw := r.stmt.ColumnRawText(r.place(i))
	if r.texts[i] != string(raw) {
		r.texts[i] = string(raw)
	}
	return r.texts[i]
}

func (r *rowReader) Time(i int) time.Time {
	c := &r.columns[i]
	if c.Unit != schema.RFC3339 {
		return c.TimeOf(r.Int64(i))
	}
	t, err := c.ParseTime(r.Text(i))
	if err != nil && r.err == nil {
		r.err = &schema.ValueError{Column: c.Name, Value: r.Text(i), Err: err}
	}
	return t
}

// match finds the schema's columns in a query's result, by name. Each has to
// be there, and nothing else.
func (r *rowReader) match() error {
	places := map[string]int{}
	var unknown, missing []string
	for i := range r.stmt.ColumnCount() {
		name := r.stmt.ColumnName(i)
		if _, twice := places[name]; twice {
			return fmt.Errorf("%w: it gives two columns %q; name them apart with AS", ErrQuery, name)
		}
		places[name] = i
	}
	for _, c := range r.columns {
		at, ok := places[c.Name]
		if !ok {
			missing = append(missing, c.Name)
		}
		r.at = append(r.at, at)
		delete(places, c.Name)
	}
	for name := range places {
		unknown = append(unknown, name)
	}
	slices.Sort(unknown)
	switch {
	case len(missing) > 0:
		return fmt.Errorf("%w: it does not give %s; name the columns with AS", ErrQuery, strings.Join(missing, ", "))
	case len(unknown) > 0:
		return fmt.Errorf("%w: it gives %s, which the struct has no field for", ErrQuery, strings.Join(unknown, ", "))
	}
	r.checked = true
	return nil
}

// bindArg binds a Go value; param counts from 1.
func bindArg(s *sqlite3.Stmt, param int, arg any) error {
	switch v := arg.(type) {
	case nil:
		return s.BindNull(param)
	case bool:
		return s.BindBool(param, v)
	case string:
		return s.BindText(param, v)
	case []byte:
		if v != nil && len(v) == 0 {
			return s.BindZeroBlob(param, 0)
		}
		return s.BindBlob(param, v)
	case time.Time:
		return s.BindInt64(param, v.UnixMicro())
	case driver.Valuer:
		value, err := v.Value()
		if err != nil {
			return err
		}
		if _, again := value.(driver.Valuer); again {
			return fmt.Errorf("%T gives another driver.Valuer", arg)
		}
		return bindArg(s, param, value)
	}
	switch v := reflect.ValueOf(arg); v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return s.BindNull(param)
		}
		return bindArg(s, param, v.Elem().Interface())
	case reflect.Bool:
		return s.BindBool(param, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return s.BindInt64(param, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if v.Uint() > 1<<63-1 {
			return fmt.Errorf("%d is above the largest integer of SQLite", v.Uint())
		}
		return s.BindInt64(param, int64(v.Uint()))
	case reflect.Float32, reflect.Float64:
		return s.BindFloat(param, v.Float())
	case reflect.String:
		return s.BindText(param, v.String())
	}
	return fmt.Errorf("a %T cannot be bound; use a bool, number, string, []byte or time.Time", arg)
}
