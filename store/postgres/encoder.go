package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// ErrBinder is returned when a Binder breaks the contract of
// [schema.Writer]: it leaves out a column, writes one twice or out of order,
// or writes a kind of value that the column does not hold.
var ErrBinder = errors.New("postgres: binder does not fit the columns")

// encoder makes rows of binary COPY out of the values written to it as a
// [schema.Writer]: https://www.postgresql.org/docs/current/sql-copy.html. It
// checks each value as its column asks. An encoder is used by one goroutine at
// a time.
type encoder struct {
	plan *plan
	max  int
	buf  []byte // the rows that are done, and the one that is being written
	next int    // column that is due
	err  error
	// Where the table has a batch column and the batch a key, that is what
	// goes into the column.
	batch int
	key   string
}

// begin starts a row; extra is the number of fields beside the columns.
func (e *encoder) begin(extra int) {
	e.next, e.err = 0, nil
	e.buf = binary.BigEndian.AppendUint16(e.buf, uint16(len(e.plan.columns)+extra))
}

// end returns what is wrong with the row.
func (e *encoder) end() error {
	if e.err != nil {
		return e.err
	}
	if e.next != len(e.plan.columns) {
		return fmt.Errorf("%w: %d of %d columns written", ErrBinder, e.next, len(e.plan.columns))
	}
	return nil
}

// due reports whether column i is the next one, and takes it as written if it
// is of one of two kinds.
func (e *encoder) due(i int, method string, one, other kind) bool {
	if i == e.next && uint(i) < uint(len(e.plan.kinds)) && (e.plan.kinds[i] == one || e.plan.kinds[i] == other) {
		e.next++
		return e.err == nil
	}
	e.misuse(i, method)
	return false
}

// misuse remembers that a call of the Binder does not fit.
func (e *encoder) misuse(i int, method string) {
	if e.err == nil {
		e.err = fmt.Errorf("%w: %s(%d) where column %d of %d is due", ErrBinder, method, i, e.next, len(e.plan.columns))
	}
}

// refuse remembers the first value that its column cannot hold.
func (e *encoder) refuse(i int, v any, err error) {
	if e.err != nil {
		return
	}
	var have *schema.ValueError
	if errors.As(err, &have) {
		e.err = err
		return
	}
	e.err = &schema.ValueError{Column: e.plan.columns[i].Name, Value: v, Err: err}
}

// tooLarge refuses a value by its length.
func (e *encoder) tooLarge(i, length int) bool {
	if length <= e.max {
		return false
	}
	// The error should not carry the value's bytes.
	e.refuse(i, nil, fmt.Errorf("%w: it has %d bytes, and at most %d are allowed (Options.MaxValue of the database)", store.ErrTooLarge, length, e.max))
	return true
}

func (e *encoder) null() { e.buf = append(e.buf, 0xff, 0xff, 0xff, 0xff) }

func (e *encoder) int16(v int16) {
	e.buf = append(e.buf, 0, 0, 0, 2, byte(uint16(v)>>8), byte(v))
}

func (e *encoder) int32(v int32) {
	e.buf = append(e.buf, 0, 0, 0, 4)
	e.buf = binary.BigEndian.AppendUint32(e.buf, uint32(v))
}

func (e *encoder) int64(v int64) {
	e.buf = append(e.buf, 0, 0, 0, 8)
	e.buf = binary.BigEndian.AppendUint64(e.buf, uint64(v))
}

func (e *encoder) text(v string) {
	e.buf = binary.BigEndian.AppendUint32(e.buf, uint32(len(v)))
	e.buf = append(e.buf, v...)
}

// Null implements [schema.Writer].
func (e *encoder) Null(i int) {
	if i != e.next || uint(i) >= uint(len(e.plan.columns)) {
		e.misuse(i, "Null")
		return
	}
	e.next++
	if c := &e.plan.columns[i]; !c.Nullable && !c.NaNNull {
		e.refuse(i, nil, schema.ErrNull)
		return
	}
	e.null()
}

// Bool implements [schema.Writer].
func (e *encoder) Bool(i int, v bool) {
	if !e.due(i, "Bool", boolean, boolean) {
		return
	}
	one := byte(0)
	if v {
		one = 1
	}
	e.buf = append(e.buf, 0, 0, 0, 1, one)
}

// Int64 implements [schema.Writer]. In a column of times v is in the column's
// unit.
func (e *encoder) Int64(i int, v int64) {
	if i != e.next || uint(i) >= uint(len(e.plan.kinds)) {
		e.misuse(i, "Int64")
		return
	}
	c := &e.plan.columns[i]
	k := e.plan.kinds[i]
	if low, high := c.Type.Range(); v < low || v > high {
		e.next++
		e.refuse(i, v, schema.ErrOverflow)
		return
	}
	switch k {
	case smallint:
		e.int16(int16(v))
	case integer:
		e.int32(int32(v))
	case bigint:
		e.int64(v)
	case numeric:
		e.buf = appendNumeric(e.buf, v)
	case timestamp:
		e.Time(i, c.TimeOf(v))
		return
	default:
		e.misuse(i, "Int64")
		return
	}
	e.next++
}

// Float64 implements [schema.Writer]. Negative zero becomes zero, as on SQLite.
func (e *encoder) Float64(i int, v float64) {
	if !e.due(i, "Float64", float4, float8) {
		return
	}
	if v != v {
		null, err := e.plan.columns[i].CheckFloat(v)
		if err != nil {
			e.refuse(i, v, err)
		} else if null {
			e.null()
		}
		return
	}
	if v == 0 {
		v = 0 // drops the sign
	}
	if e.plan.kinds[i] == float8 {
		e.int64(int64(math.Float64bits(v)))
		return
	}
	short := float32(v)
	if math.IsInf(float64(short), 0) && !math.IsInf(v, 0) {
		e.refuse(i, v, schema.ErrOverflow)
		return
	}
	e.int32(int32(math.Float32bits(short)))
}

// Text implements [schema.Writer].
func (e *encoder) Text(i int, v string) {
	if !e.due(i, "Text", text, jsonb) {
		return
	}
	if i == e.batch {
		v = e.key
	}
	if e.tooLarge(i, len(v)) {
		return
	}
	if err := e.plan.columns[i].CheckText(v); err != nil {
		e.refuse(i, v, err)
		return
	}
	if e.plan.kinds[i] == text {
		e.text(v)
		return
	}
	if err := checkJSON(v); err != nil {
		e.refuse(i, v, err)
		return
	}
	e.buf = binary.BigEndian.AppendUint32(e.buf, uint32(len(v)+1))
	e.buf = append(e.buf, jsonbVersion)
	e.buf = append(e.buf, v...)
}

// Blob implements [schema.Writer]. A nil slice is a blob of no bytes, not NULL.
func (e *encoder) Blob(i int, v []byte) {
	if i != e.next || uint(i) >= uint(len(e.plan.kinds)) {
		e.misuse(i, "Blob")
		return
	}
	if e.tooLarge(i, len(v)) {
		e.next++
		return
	}
	switch e.plan.kinds[i] {
	case bytea:
		e.buf = binary.BigEndian.AppendUint32(e.buf, uint32(len(v)))
		e.buf = append(e.buf, v...)
	case array4, array8:
		width := e.plan.kinds[i].width()
		if len(v)%width != 0 {
			e.next++
			e.refuse(i, nil, fmt.Errorf("a blob of %d bytes: %w", len(v), schema.ErrVectorLen))
			return
		}
		e.buf = appendArray(e.buf, v, width)
	default:
		e.misuse(i, "Blob")
		return
	}
	e.next++
}

// Time implements [schema.Writer].
func (e *encoder) Time(i int, v time.Time) {
	if i != e.next || uint(i) >= uint(len(e.plan.kinds)) {
		e.misuse(i, "Time")
		return
	}
	c := &e.plan.columns[i]
	if c.Type != schema.Time {
		e.misuse(i, "Time")
		return
	}
	e.next++
	var n int64
	var s string
	var err error
	switch e.plan.kinds[i] {
	case text:
		if s, err = c.FormatTime(v); err == nil {
			e.text(s)
		}
	case bigint:
		if n, err = c.UnixTime(v); err == nil {
			e.int64(n)
		}
	default:
		if n, err = timestampOf(c, v); err == nil {
			e.int64(n)
		}
	}
	if err != nil {
		e.refuse(i, v, err)
	}
}
