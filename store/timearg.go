package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/galley-db/galley/schema"
)

// ErrTimeUnit is returned when a query has a time.Time and nothing says in which
// unit the column stores it: pass [At] as the argument instead. It is also returned
// for an integer that is read as a time, such as that of max(at), if neither a
// column nor the field's tag says its unit.
var ErrTimeUnit = errors.New("the unit of a time is not known")

// OpenArgument returns the error of a time.Time as an argument.
func OpenArgument() error {
	return fmt.Errorf("%w; pass store.At(t, schema.Seconds), with the unit of the column", ErrTimeUnit)
}

// TimeArg is a time as an argument of a query: see [At].
type TimeArg struct {
	Time time.Time
	Unit schema.TimeUnit
}

// At is t as a column of this unit stores it, for a query in plain SQL, which
// does not say to which column an argument belongs.
//
//	store.Query[Visit](ctx, db, "SELECT * FROM visit WHERE seen > ?", store.At(t, schema.Seconds))
func At(t time.Time, unit schema.TimeUnit) TimeArg { return TimeArg{t, unit} }

// OpenUnit returns the error of an integer that a field takes as a time, if neither
// its column nor the field's tag says the unit.
func OpenUnit(c *schema.Column, n int64) error {
	return &schema.ValueError{Column: c.Name, Value: n,
		Err: fmt.Errorf("%w: the value does not come from a time column; tag the field with its unit, such as time=us, or read an int64", ErrTimeUnit)}
}

// Value returns what SQLite stores: an integer, or text for RFC3339. It
// implements [driver.Valuer].
func (a TimeArg) Value() (driver.Value, error) {
	c := schema.Column{Name: "argument", Type: schema.Time, Unit: a.Unit}
	if a.Unit == schema.RFC3339 {
		return c.FormatTime(a.Time)
	}
	return c.UnixTime(a.Time)
}

// Rounded returns the time, rounded down to the unit.
func (a TimeArg) Rounded() (time.Time, error) {
	if a.Unit == schema.RFC3339 {
		return a.Time, nil
	}
	c := schema.Column{Name: "argument", Type: schema.Time, Unit: a.Unit}
	n, err := c.UnixTime(a.Time)
	return c.TimeOf(n), err
}
