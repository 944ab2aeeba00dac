package store

import (
	"database/sql/driver"
	"errors"
	"time"

	"github.com/galley-db/galley/schema"
)

// ErrTimeUnit is returned when a query has a time.Time and nothing says in which
// unit the column stores it. Pass [At] as the argument instead.
var ErrTimeUnit = errors.New("the unit of a time is not known; pass store.At(t, schema.Seconds), or whichever unit the column has")

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
