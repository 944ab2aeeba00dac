package schema

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/galley-db/galley/schema/internal/cell"
)

// What can be wrong with a value. They come wrapped in a [*ValueError].
var (
	// ErrNaN is returned when a NaN goes into a column that does not say
	// what a NaN is: SQLite would store NULL without a word.
	ErrNaN = errors.New("NaN is not storable in this column; tag it nan=null to store NULL")
	// ErrText is returned when text is not valid UTF-8 or has a NUL in it.
	ErrText = errors.New("text must be valid UTF-8 without NUL; use a []byte field for other bytes")
	// ErrTimeRange is returned when a time is outside what its column's unit
	// can say, and when a stored time cannot be read.
	ErrTimeRange = errors.New("time is out of range for this column; tag it with a coarser unit, time=us, time=ms or time=s")
	// ErrUintRange is returned when an unsigned integer above math.MaxInt64
	// goes into an INTEGER column.
	ErrUintRange = errors.New("unsigned integer is above 9223372036854775807; tag the column uint=text or uint=blob")
	// ErrVectorLen is returned when a vector has another length than its
	// column, or a blob is not a whole number of floats.
	ErrVectorLen = cell.ErrVectorLen
	// ErrJSON is returned when a value cannot be made JSON, or JSON cannot
	// be made a value.
	ErrJSON = cell.ErrJSON
	// ErrOverflow is returned when a stored value is outside the range of
	// the field that it is read into.
	ErrOverflow = cell.ErrOverflow
	// ErrBlobLen is returned when a stored blob has another length than the array
	// of bytes that it is read into.
	ErrBlobLen = cell.ErrBlobLen
	// ErrValue is returned when a Value (driver.Valuer) returns another type than
	// the tag's sql= says.
	ErrValue = cell.ErrValue
	// ErrNull is returned when NULL is read into a field that has no way to
	// hold it.
	ErrNull = cell.ErrNull
)

// ValueError says that one value could not go into its column, or could not
// come out of it.
type ValueError struct {
	Column string // the column's name
	Value  any    // the value, nil where there is none to show
	Err    error  // why; one of the package's errors, or the user's own
}

// Error names the column, shows the value, shortened, and says why.
func (e *ValueError) Error() string {
	if e.Value == nil {
		return fmt.Sprintf("column %q: %v", e.Column, e.Err)
	}
	return fmt.Sprintf("column %q: value %s: %v", e.Column, shorten(e.Value), e.Err)
}

// Unwrap is the reason.
func (e *ValueError) Unwrap() error { return e.Err }

// maxShown is how many bytes of a value an error shows.
const maxShown = 60

// shorten shows v in at most about maxShown bytes, whatever v is. Only types
// whose text has a known length are formatted whole: a value may be 1 GB.
func shorten(v any) string {
	switch v := v.(type) {
	case string:
		if len(v) > maxShown {
			return strconv.Quote(cut(v)) + "… (" + strconv.Itoa(len(v)) + " bytes)"
		}
		return strconv.Quote(v)
	case []byte:
		if len(v) > maxShown/2 {
			return fmt.Sprintf("x'%x…' (%d bytes)", v[:maxShown/2], len(v))
		}
		return fmt.Sprintf("x'%x'", v)
	case bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, uintptr, float32, float64:
		return fmt.Sprint(v)
	case time.Time, time.Duration:
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("of type %T", v)
}

// cut is the first maxShown bytes of s, less a rune that would be torn.
func cut(s string) string {
	end := maxShown
	for end > maxShown-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.Clone(s[:end])
}

// joinCause is a sentinel together with what led to it, both of which
// errors.Is finds.
func joinCause(sentinel, cause error) error {
	return fmt.Errorf("%w: %w", sentinel, cause)
}
