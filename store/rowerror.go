package store

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
)

// TooLarge adds ErrTooLarge to the error for a value, for use by a Backend: inside a
// *schema.ValueError, behind the name of the column.
func TooLarge(err error) error {
	var value *schema.ValueError
	if errors.As(err, &value) {
		return &schema.ValueError{Column: value.Column, Value: value.Value, Err: fmt.Errorf("%w: %w", ErrTooLarge, value.Err)}
	}
	return fmt.Errorf("%w: %w", ErrTooLarge, err)
}

// NewRowError returns the error for a row that err refused, for use by a Backend.
// Column and Value are those of a *schema.ValueError in err. Value is a copy: the
// caller may use the memory of its rows again.
func NewRowError(table string, row int, err error) *RowError {
	e := &RowError{Table: table, Row: row, Err: err}
	var value *schema.ValueError
	if errors.As(err, &value) {
		switch v := value.Value.(type) {
		case string:
			value.Value = strings.Clone(v)
		case []byte:
			value.Value = bytes.Clone(v)
		}
		e.Column, e.Value = value.Column, value.Value
	}
	return e
}
