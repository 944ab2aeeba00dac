package table

import (
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// condition is a condition in SQL as a backend takes it.
type condition struct {
	where   string
	values  []any
	options []ReadOption
}

// condition separates the options from the arguments of a condition, translates
// its parameters, and gives a time the unit of the table's columns. Other values
// are bound as their columns are stored.
func (c *core) condition(where string, args []any) (cond condition, err error) {
	for _, a := range args {
		if option, ok := a.(ReadOption); ok {
			cond.options = append(cond.options, option)
		} else {
			cond.values = append(cond.values, a)
		}
	}
	cond.where, cond.values, err = store.Arguments(c.backend.Dialect(), where, cond.values)
	if err != nil {
		return condition{}, err
	}
	for i, a := range cond.values {
		if a, err = valueOf(a, c.whole); err != nil {
			return condition{}, fmt.Errorf("%w: argument %d, a %T: %w", store.ErrQuery, i+1, cond.values[i], err)
		}
		if at, ok := timeIn(a); ok {
			unit, err := timeUnit(c.whole)
			if err != nil {
				return condition{}, err
			}
			cond.values[i] = store.At(at, unit)
			continue
		}
		if cond.values[i], err = stored(a); err == nil {
			cond.values[i], err = unsigned(cond.values[i], c.whole)
		}
		if err != nil {
			return condition{}, fmt.Errorf("%w: argument %d, a %T: %w", store.ErrQuery, i+1, a, err)
		}
	}
	if c.strict() {
		err = store.CheckTexts(cond.where, cond.values, c.whole)
	}
	return cond, err
}

// strict reports whether a table is one of SQLite whose columns hold what the schema
// says. A file of another program may have texts in a column of numbers.
func (c *core) strict() bool {
	f, ok := c.backend.(interface{ Foreign() bool })
	return c.backend.Dialect() == schema.SQLite() && !(ok && f.Foreign())
}

// valueOf returns what the Value of an argument returns, if the table's columns
// of its type hold that (tag option sql), and other arguments unchanged.
func valueOf(arg any, table *schema.Schema) (any, error) {
	v := reflect.ValueOf(arg)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if !v.IsValid() || v.Kind() == reflect.Pointer {
		return arg, nil
	}
	at := reflect.New(v.Type()).Elem()
	at.Set(v)
	null := isSQLNull(v)
	if null {
		at = at.Field(0)
	}
	switch value, other := table.StoredByValue(at.Type()); {
	case !value:
		return arg, nil
	case other:
		return nil, errors.New("some columns of this type store what its Value returns, and others do not; pass the value as it is stored")
	case null && !v.Field(1).Bool():
		return nil, nil
	}
	return at.Addr().Interface().(driver.Valuer).Value()
}

// timeIn returns the time that an argument is, or holds.
func timeIn(arg any) (time.Time, bool) {
	switch v := arg.(type) {
	case time.Time:
		return v, true
	case *time.Time:
		if v != nil {
			return *v, true
		}
	case store.TimeArg:
	case driver.Valuer:
		if value, err := v.Value(); err == nil {
			at, ok := value.(time.Time)
			return at, ok
		}
	}
	return time.Time{}, false
}

// timeUnit returns the unit of a table's columns of time. It fails if they have
// several: a condition is text, so galley cannot find the column of an argument.
func timeUnit(s *schema.Schema) (unit schema.TimeUnit, err error) {
	var columns []string
	one := true
	for _, c := range s.Columns() {
		if c.Type != schema.Time {
			continue
		}
		one = one && (len(columns) == 0 || c.Unit == unit)
		unit = c.Unit
		columns = append(columns, fmt.Sprintf("%s (%v)", c.Name, c.Unit))
	}
	switch {
	case len(columns) == 0:
		return 0, fmt.Errorf("%w: the table has no time column", store.OpenArgument())
	case !one:
		return 0, fmt.Errorf("%w: the table has the columns %s", store.OpenArgument(), strings.Join(columns, ", "))
	}
	return unit, nil
}

var (
	marshalText   = reflect.TypeFor[encoding.TextMarshaler]()
	unmarshalText = reflect.TypeFor[encoding.TextUnmarshaler]()
	rawType       = reflect.TypeFor[json.RawMessage]()
	sqlPackage    = reflect.TypeFor[sql.NullString]().PkgPath()
)

// stored returns an argument as a field of its type is stored: as its text if
// the type has MarshalText and UnmarshalText, and as its kind otherwise, even if
// it has a method Value that no column uses. Arguments that no column holds
// are returned as they are.
func stored(arg any) (any, error) {
	v := reflect.ValueOf(arg)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil, nil
		}
		v = v.Elem()
	}
	if !v.IsValid() || v.Type() == timeType || v.Type().PkgPath() == "" {
		return arg, nil
	}
	if p := reflect.PointerTo(v.Type()); p.Implements(marshalText) && p.Implements(unmarshalText) {
		if (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.IsNil() {
			return nil, nil
		}
		at := reflect.New(v.Type())
		at.Elem().Set(v)
		text, err := at.Interface().(encoding.TextMarshaler).MarshalText()
		return string(text), err
	}
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return v.Uint(), nil
	case reflect.Float32, reflect.Float64:
		return v.Float(), nil
	case reflect.String:
		return v.String(), nil
	case reflect.Slice:
		if v.Type() == rawType {
			return string(v.Bytes()), nil
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Bytes(), nil
		}
	case reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return store.ArrayBytes(v), nil
		}
	case reflect.Struct:
		if isSQLNull(v) {
			if !v.Field(1).Bool() {
				return nil, nil
			}
			return stored(v.Field(0).Interface())
		}
	}
	return arg, nil
}

func isSQLNull(v reflect.Value) bool {
	return v.Type().PkgPath() == sqlPackage && strings.HasPrefix(v.Type().Name(), "Null[")
}
