package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/galley-db/galley/schema"
)

var (
	// ErrTooLarge is returned when a text or a blob is longer than the
	// encoder's limit.
	ErrTooLarge = errors.New("record: value too large")
	// ErrBinder is returned when a Binder breaks the contract of
	// [schema.Writer]: it leaves out a column, writes one twice or out of
	// order, or writes a kind of value that the column does not hold.
	ErrBinder = errors.New("record: binder does not fit the columns")
)

// engineLimit is the longest value, and the longest row, that SQLite holds:
// https://sqlite.org/limits.html#max_length.
const engineLimit = 1_000_000_000

// keep is how much memory for values an Encoder carries from row to row; what
// a larger row needed is given back by Reset.
const keep = 1 << 20

// Encoder makes the record of one row out of the values written to it as a
// [schema.Writer]. Rows follow one another in the same Encoder: Reset, the
// columns, Err, AppendTo. An Encoder is used by one goroutine at a time.
type Encoder struct {
	next    int     // column that is due
	flags   []uint8 // what each column takes
	header  []byte
	body    []byte
	max     int
	err     error
	columns []schema.Column
}

// NewEncoder returns an encoder of rows of these columns. maxValue is the
// size of the largest text or blob in bytes; 0, and whatever is above
// SQLite's own limit, stands for that limit, a billion bytes.
func NewEncoder(columns []schema.Column, maxValue int) *Encoder {
	if maxValue <= 0 || maxValue > engineLimit {
		maxValue = engineLimit
	}
	e := &Encoder{
		flags:   make([]uint8, len(columns)),
		header:  make([]byte, 0, 2*len(columns)),
		body:    make([]byte, 0, 16*len(columns)),
		max:     maxValue,
		columns: columns,
	}
	for i := range columns {
		e.flags[i] = takes(&columns[i])
	}
	return e
}

// Reset begins a row.
func (e *Encoder) Reset() {
	e.next = 0
	e.err = nil
	e.header = e.header[:0]
	if cap(e.body) > keep {
		e.body = nil
	}
	e.body = e.body[:0]
}

// Err returns what is wrong with the row: the first value that its column
// cannot hold, as a [*schema.ValueError], or an error that wraps [ErrBinder].
// A row with an error has no record.
func (e *Encoder) Err() error {
	if e.err != nil {
		return e.err
	}
	if e.next != len(e.flags) {
		return fmt.Errorf("%w: %d of %d columns written", ErrBinder, e.next, len(e.flags))
	}
	return nil
}

// Complete reports whether the row has all its columns and no error.
func (e *Encoder) Complete() bool { return e.err == nil && e.next == len(e.flags) }

// Size is the length of the record in bytes.
func (e *Encoder) Size() int {
	return e.prefix() + len(e.header) + len(e.body)
}

// AppendTo appends the record to dst.
func (e *Encoder) AppendTo(dst []byte) []byte {
	n := e.prefix() + len(e.header)
	if n < 0x80 {
		dst = append(dst, byte(n))
	} else {
		dst = AppendVarint(dst, uint64(n))
	}
	dst = append(dst, e.header...)
	return append(dst, e.body...)
}

// prefix is the length of the header's own length, which counts itself.
func (e *Encoder) prefix() int {
	n := len(e.header)
	if n < 0x7f {
		return 1
	}
	if n < 0x3ffe {
		return 2
	}
	return 3 // 32,767 columns, SQLite's most, of 9 bytes each are less than 2^21
}

// Null implements [schema.Writer].
func (e *Encoder) Null(i int) {
	if !e.due(i, takesNull) {
		e.refuseNull(i)
		return
	}
	e.next++
	e.header = append(e.header, serialNull)
}

// Bool implements [schema.Writer].
func (e *Encoder) Bool(i int, v bool) {
	if !e.due(i, takesInteger) {
		e.misuse(i, "Bool")
		return
	}
	e.next++
	serial := byte(serialZero)
	if v {
		serial = serialOne
	}
	e.header = append(e.header, serial)
}

// Int64 implements [schema.Writer].
func (e *Encoder) Int64(i int, v int64) {
	if !e.due(i, takesInteger) {
		e.misuse(i, "Int64")
		return
	}
	e.next++
	e.integer(v)
}

// Float64 implements [schema.Writer]. Negative zero becomes zero, as SQLite
// has it.
func (e *Encoder) Float64(i int, v float64) {
	if !e.due(i, takesReal) {
		e.misuse(i, "Float64")
		return
	}
	e.next++
	if v != v {
		e.nan(i, v)
		return
	}
	if v == 0 {
		v = 0 // drops the sign
	}
	e.header = append(e.header, serialReal)
	e.body = binary.BigEndian.AppendUint64(e.body, math.Float64bits(v))
}

// Text implements [schema.Writer].
func (e *Encoder) Text(i int, v string) {
	if !e.due(i, takesText) {
		e.misuse(i, "Text")
		return
	}
	e.next++
	if len(v) > e.max {
		e.refuse(i, nil, &LengthError{len(v), e.max})
		return
	}
	if !plain(v) || e.flags[i]&examined != 0 {
		if err := e.columns[i].CheckText(v); err != nil {
			e.refuse(i, v, err)
			return
		}
	}
	e.text(v)
}

// Blob implements [schema.Writer]. A nil slice is a blob of no bytes, not NULL.
func (e *Encoder) Blob(i int, v []byte) {
	if !e.due(i, takesBlob) {
		e.misuse(i, "Blob")
		return
	}
	e.next++
	if len(v) > e.max {
		e.refuse(i, nil, &LengthError{len(v), e.max})
		return
	}
	e.header = AppendVarint(e.header, uint64(len(v))*2+serialBlob)
	e.body = append(e.body, v...)
}

// Time implements [schema.Writer].
func (e *Encoder) Time(i int, v time.Time) {
	if !e.due(i, takesTime) {
		e.misuse(i, "Time")
		return
	}
	e.next++
	c := &e.columns[i]
	if c.Unit == schema.RFC3339 {
		s, err := c.FormatTime(v)
		if err != nil {
			e.refuse(i, v, err)
			return
		}
		e.text(s)
		return
	}
	n, err := c.UnixTime(v)
	if err != nil {
		e.refuse(i, v, err)
		return
	}
	e.integer(n)
}

func (e *Encoder) text(v string) {
	if serial := len(v)*2 + serialText; serial < 0x80 {
		e.header = append(e.header, byte(serial))
	} else {
		e.header = AppendVarint(e.header, uint64(serial))
	}
	e.body = append(e.body, v...)
}

// integer appends v in the smallest serial type.
func (e *Encoder) integer(v int64) {
	u := uint64(v)
	switch {
	case u <= 1:
		e.header = append(e.header, serialZero+byte(u))
	case v == int64(int8(v)):
		e.header = append(e.header, 1)
		e.body = append(e.body, byte(u))
	case v == int64(int16(v)):
		e.header = append(e.header, 2)
		e.body = append(e.body, byte(u>>8), byte(u))
	case v == v<<40>>40:
		e.header = append(e.header, 3)
		e.body = append(e.body, byte(u>>16), byte(u>>8), byte(u))
	case v == int64(int32(v)):
		e.header = append(e.header, 4)
		e.body = binary.BigEndian.AppendUint32(e.body, uint32(u))
	case v == v<<16>>16:
		e.header = append(e.header, 5)
		e.body = binary.BigEndian.AppendUint16(e.body, uint16(u>>32))
		e.body = binary.BigEndian.AppendUint32(e.body, uint32(u))
	default:
		e.header = append(e.header, 6)
		e.body = binary.BigEndian.AppendUint64(e.body, u)
	}
}
