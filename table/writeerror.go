package table

import (
	"errors"
	"fmt"
)

// WriteError is the error for rows of a Writer that are not stored, or, if Err
// is ErrCommitUnknown, may not be: N rows, starting with the row that was
// written as number First, counted from 0. A *[RowError] in Err counts
// likewise, from the Writer's first row.
type WriteError struct {
	Table string
	First int64
	N     int
	Err   error
}

// Error returns the rows and the cause.
func (e *WriteError) Error() string {
	what := "are not stored"
	var unwritten *unwrittenError
	if errors.As(e.Err, &unwritten) {
		what = "were not written" // an earlier run may have stored them
	} else if errors.Is(e.Err, ErrCommitUnknown) {
		what = "may not be stored"
	}
	return fmt.Sprintf("table %q: rows %d to %d %s: %v", e.Table, e.First, e.First+int64(e.N)-1, what, e.Err)
}

// Unwrap returns the cause.
func (e *WriteError) Unwrap() error { return e.Err }
