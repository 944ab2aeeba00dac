package table

import (
	"bytes"
	"errors"
	"sync"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// check returns a *RowError for a row that cannot be stored, whatever is in the
// table. Quarantine takes such rows.
func (w *Writer[T]) check(row *T, c *rowCopy) error {
	core := w.table.core
	if core.quarantine {
		return nil
	}
	if c != nil {
		return store.CheckRow(core.backend, core.schema, copiedRows{[]copied{{0, len(c.values), c.err}}, c.values}, 0)
	}
	return store.CheckRow(core.backend, core.schema, w.table.bound([]T{*row}), 0)
}

// rowCopy holds the values of one row, and the error of its binder.
type rowCopy struct {
	values recording
	err    error
}

var rowCopies = sync.Pool{New: func() any { return new(rowCopy) }}

// copyRow binds a row that refers to memory of the caller, and returns nil for
// another. The caller frees the copy.
func (t *Table[T]) copyRow(row *T) *rowCopy {
	if !t.core.copies {
		return nil
	}
	c := rowCopies.Get().(*rowCopy)
	c.values = c.values[:0]
	c.err = ownValue(t.binder.Bind(&c.values, row))
	return c
}

// ownValue gives the error of a binder its own copy of the value.
func ownValue(err error) error {
	var value *schema.ValueError
	if errors.As(err, &value) {
		if v, ok := value.Value.([]byte); ok {
			value.Value = bytes.Clone(v)
		}
	}
	return err
}

// maxPooled is the size of a row above which its memory is not used again.
const maxPooled = 1 << 16

func (c *rowCopy) free() {
	if c != nil && cap(c.values) <= maxPooled {
		c.err = nil
		rowCopies.Put(c)
	}
}

// size is the number of bytes of a row's values, if the Writer looks at it.
func (w *Writer[T]) size(row *T, c *rowCopy) int {
	if w.to.opts.Bytes == 0 {
		return 0
	}
	var s sizeWriter
	if c != nil {
		c.values.replay(&s)
	} else {
		_ = w.table.binder.Bind(&s, row) // its error comes up when the row is stored
	}
	return s.bytes
}

// sizeWriter is a schema.Writer that counts.
type sizeWriter struct{ bytes int }

func (s *sizeWriter) Null(int)             { s.bytes++ }
func (s *sizeWriter) Bool(int, bool)       { s.bytes++ }
func (s *sizeWriter) Int64(int, int64)     { s.bytes += 8 }
func (s *sizeWriter) Float64(int, float64) { s.bytes += 8 }
func (s *sizeWriter) Text(_ int, v string) { s.bytes += len(v) }
func (s *sizeWriter) Blob(_ int, v []byte) { s.bytes += len(v) }
func (s *sizeWriter) Time(int, time.Time)  { s.bytes += 8 }
