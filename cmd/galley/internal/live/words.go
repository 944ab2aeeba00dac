package live

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
)

// count is a whole number of any type with separators.
func count(n any) string {
	switch n := n.(type) {
	case int:
		return sheet.Separated(int64(n))
	case int64:
		return sheet.Separated(n)
	}
	return fmt.Sprint(n)
}

// shownRate is a number a second with as many digits as are of use.
func shownRate(f float64) string {
	switch {
	case f == 0:
		return "0"
	case f < 10:
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
	return sheet.Separated(int64(math.Round(f)))
}

// utc is how the page writes a time: the one who reads it may be in another zone
// than the machine that serves it.
const utc = "2006-01-02T15:04:05Z"

// clock is a time in UTC, "-" for none.
func clock(at any) string {
	switch at := at.(type) {
	case *time.Time:
		if at != nil {
			return at.UTC().Format(utc)
		}
	case time.Time:
		return at.UTC().Format(utc)
	}
	return "-"
}

// until is the time from one moment to another, in words.
func until(from time.Time, to *time.Time) string {
	d := to.Sub(from)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours())/24)
}
