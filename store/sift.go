package store

import "fmt"

// SiftError is the error for a batch with Sift of which rows cannot be stored.
// Nothing of the batch is stored. The same batch without these rows can be, unless
// another writer has changed the table meanwhile.
type SiftError struct {
	Table string
	Rows  []*RowError // by Row, which increases; there is at least one
}

// Error returns the number of rows and the first of them.
func (e *SiftError) Error() string {
	if len(e.Rows) == 1 {
		return e.Rows[0].Error()
	}
	return fmt.Sprintf("table %q: %d rows cannot be stored; the first: %v", e.Table, len(e.Rows), e.Rows[0])
}

// Unwrap returns the error of the first row.
func (e *SiftError) Unwrap() error { return e.Rows[0] }
