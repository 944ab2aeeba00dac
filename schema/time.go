package schema

import (
	"math"
	"time"
)

// rfc3339Layout is of one length and in one zone, so that the text sorts as
// the time does.
const rfc3339Layout = "2006-01-02T15:04:05.000000000Z"

// scale is how many of the unit make a second.
func (u TimeUnit) scale() int64 {
	switch u {
	case Seconds:
		return 1
	case Millis:
		return 1e3
	case Nanos:
		return 1e9
	}
	return 1e6
}

// UnixTime is v as the column stores it: how many of its units since
// 1970-01-01T00:00:00Z, rounded down to a whole unit, also before that time.
// It returns a *[ValueError] with [ErrTimeRange] for a time that does not
// fit, instead of another time: nanoseconds reach from the year 1677 to
// 2262, microseconds 290,000 years to both sides. An RFC3339 column, which is
// no number, counts in microseconds here.
func (c *Column) UnixTime(v time.Time) (int64, error) {
	scale := c.Unit.scale()
	sec := v.Unix()
	// Nanosecond is never negative, so that the division rounds down.
	frac := int64(v.Nanosecond()) / (1e9 / scale)
	if n := sec * scale; n/scale == sec && n <= math.MaxInt64-frac {
		return n + frac, nil
	}
	// The lowest second is only in range together with its fraction.
	if sec < 0 {
		if n := (sec + 1) * scale; n/scale == sec+1 && n >= math.MinInt64+(scale-frac) {
			return n - (scale - frac), nil
		}
	}
	return 0, &ValueError{Column: c.Name, Value: v, Err: ErrTimeRange}
}

// TimeOf is the time that the stored number v stands for, in UTC: the inverse
// of [Column.UnixTime].
func (c *Column) TimeOf(v int64) time.Time {
	scale := c.Unit.scale()
	sec, frac := v/scale, v%scale
	if frac < 0 {
		sec, frac = sec-1, frac+scale
	}
	return time.Unix(sec, frac*(1e9/scale)).UTC()
}

// FormatTime is v as an RFC3339 column stores it: in UTC, of always 30 bytes,
// so that the text sorts as the time does. It returns a *[ValueError] with
// [ErrTimeRange] for a year before 0 or after 9999.
func (c *Column) FormatTime(v time.Time) (string, error) {
	v = v.UTC()
	if year := v.Year(); year < 0 || year > 9999 {
		return "", &ValueError{Column: c.Name, Value: v, Err: ErrTimeRange}
	}
	return v.Format(rfc3339Layout), nil
}

// ParseTime reads what [Column.FormatTime] wrote, and any other text of RFC
// 3339, which tools may have written; the time is in UTC. It returns a
// *[ValueError] with [ErrTimeRange] for text that is none.
func (c *Column) ParseTime(v string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil {
		return time.Time{}, &ValueError{Column: c.Name, Value: v, Err: joinCause(ErrTimeRange, err)}
	}
	return t.UTC(), nil
}
