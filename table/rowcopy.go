package table

import (
	"bytes"
	"errors"
	"sync"

	"github.com/galley-db/galley/schema"
)

// rowCopy holds the values of one row, and the error of its binder.
type rowCopy struct {
	values recording
	err    error
}

var rowCopies = sync.Pool{New: func() any { return new(rowCopy) }}

// copyRow binds a row that refers to memory of the caller, and returns nil for
// another. The caller frees the copy.
func (t *Table[T]) copyRow(row *T) *rowCopy {
	if !t.copies {
		return nil
	}
	c := rowCopies.Get().(*rowCopy)
	c.values = c.values[:0]
	c.err = t.binder.Bind(&c.values, row)
	var value *schema.ValueError
	if errors.As(c.err, &value) {
		if v, ok := value.Value.([]byte); ok {
			value.Value = bytes.Clone(v)
		}
	}
	return c
}

// maxPooled is the size of a row above which its memory is not used again.
const maxPooled = 1 << 16

func (c *rowCopy) free() {
	if c != nil && cap(c.values) <= maxPooled {
		c.err = nil
		rowCopies.Put(c)
	}
}
