package store

import (
	"bytes"
	"errors"
	"strings"

	"github.com/galley-db/galley/schema"
)

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
