package table

import (
	"database/sql/driver"
	"fmt"
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
func (r View[V]) condition(where string, args []any) (c condition, err error) {
	for _, a := range args {
		if option, ok := a.(ReadOption); ok {
			c.options = append(c.options, option)
		} else {
			c.values = append(c.values, a)
		}
	}
	c.where, c.values, err = store.Arguments(r.backend.Dialect(), where, c.values)
	if err != nil {
		return condition{}, err
	}
	for i, a := range c.values {
		if at, ok := timeIn(a); ok {
			unit, err := timeUnit(r.whole)
			if err != nil {
				return condition{}, err
			}
			c.values[i] = store.At(at, unit)
			continue
		}
		if c.values[i], err = stored(a); err != nil {
			return condition{}, fmt.Errorf("%w: argument %d, a %T: %w", store.ErrQuery, i+1, a, err)
		}
	}
	return c, nil
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
		return 0, fmt.Errorf("%w: the table has no column of time", store.ErrTimeUnit)
	case !one:
		return 0, fmt.Errorf("%w: the table has the columns %s", store.ErrTimeUnit, strings.Join(columns, ", "))
	}
	return unit, nil
}
