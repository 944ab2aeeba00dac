package table

import (
	"reflect"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// held is the buffer of a Writer or AppendSeq.
// The caller may change the memory that a row refers to as soon as it has
// handed over the row, so such a row is bound at once and its values are
// copied. Rows without references are kept as they are, which is faster.
type held[T any] struct {
	binder schema.Binder[T]
	rows   []T

	copied []copied
	data   recording // of all rows in copied
}

// copied is a row that was bound, within a recording.
type copied struct {
	from, to int
	err      error // of the binder; the store returns it when it asks for the row
}

func (h *held[T]) len() int { return len(h.rows) + len(h.copied) }

// add takes a row, and its copy unless that is nil.
func (h *held[T]) add(row *T, c *rowCopy) {
	if c == nil {
		h.rows = append(h.rows, *row)
		return
	}
	from := len(h.data)
	h.data = append(h.data, c.values...)
	h.copied = append(h.copied, copied{from, len(h.data), c.err})
}

func (h *held[T]) from(n int) buffer { // either all rows are copied or none
	behind := *h
	if len(h.copied) > 0 {
		behind.copied = h.copied[n:]
	} else {
		behind.rows = h.rows[n:]
	}
	return &behind
}

func (h *held[T]) emptied() buffer {
	clear(h.rows)
	clear(h.copied)
	return &held[T]{binder: h.binder, rows: h.rows[:0], copied: h.copied[:0], data: h.data[:0]}
}

func (h *held[T]) all() store.Rows {
	if len(h.copied) > 0 {
		return copiedRows{h.copied, h.data}
	}
	return &boundRows[T]{h.binder, h.rows}
}

// copiedRows are rows that were bound before.
type copiedRows struct {
	rows []copied
	data recording
}

func (r copiedRows) Len() int { return len(r.rows) }

func (r copiedRows) Bind(i int, w schema.Writer) error {
	row := &r.rows[i]
	r.data[row.from:row.to].replay(w)
	return row.err
}

var timeType = reflect.TypeFor[time.Time]()

// refers reports whether a value of type t refers to memory that can change
// after the value was copied. Strings and times do not.
func refers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return true
	case reflect.Array:
		return refers(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if t != timeType && refers(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}
