package record

import (
	"errors"
	"fmt"

	"github.com/galley-db/galley/schema"
)

// What a column takes. A column of a STRICT table holds one storage class,
// and an image's values are stored without SQLite converting them, so a value
// of another kind is refused here.
const (
	takesNull uint8 = 1 << iota
	takesInteger
	takesReal
	takesText
	takesBlob
	takesTime
	examined // texts have more rules than those of plain
)

func takes(c *schema.Column) uint8 {
	var f uint8
	if c.Nullable || c.NaNNull {
		f = takesNull
	}
	switch c.Type {
	case schema.Float32, schema.Float64:
		return f | takesReal
	case schema.Text:
		return f | takesText
	case schema.JSON:
		return f | takesText | examined
	case schema.Blob, schema.Vector32, schema.Vector64:
		return f | takesBlob
	case schema.Time:
		if c.Unit == schema.RFC3339 {
			return f | takesText | examined | takesTime
		}
		return f | takesInteger | takesTime
	case schema.Uint64:
		switch c.Uint {
		case schema.UintText:
			return f | takesText | examined
		case schema.UintBlob:
			return f | takesBlob
		}
	}
	return f | takesInteger
}

// due reports whether column i is the next one and takes values of this kind.
func (e *Encoder) due(i int, kind uint8) bool {
	return i == e.next && uint(i) < uint(len(e.flags)) && e.flags[i]&kind != 0
}

// misuse remembers that a call of the Binder does not fit.
func (e *Encoder) misuse(i int, method string) {
	if e.err != nil {
		return
	}
	switch {
	case i != e.next:
		e.err = fmt.Errorf("%w: %s(%d) where column %d is due", ErrBinder, method, i, e.next)
	case uint(i) >= uint(len(e.flags)):
		e.err = fmt.Errorf("%w: %s(%d) after the last of %d columns", ErrBinder, method, i, len(e.flags))
	default:
		e.err = fmt.Errorf("%w: %s(%d) for column %q", ErrBinder, method, i, e.columns[i].Name)
	}
}

// refuseNull distinguishes a NULL in a NOT NULL column, the row's fault, from a
// wrong call, the Binder's fault.
func (e *Encoder) refuseNull(i int) {
	if i != e.next || uint(i) >= uint(len(e.flags)) {
		e.misuse(i, "Null")
		return
	}
	e.next++
	e.refuse(i, nil, schema.ErrNull)
}

// nan stores a NaN as its column wants it: SQLite has none.
func (e *Encoder) nan(i int, v float64) {
	null, err := e.columns[i].CheckFloat(v)
	if err == nil && !null {
		err = schema.ErrNaN
	}
	if err != nil {
		e.refuse(i, v, err)
		return
	}
	e.header = append(e.header, serialNull)
}

// refuse remembers the first value that its column cannot hold.
func (e *Encoder) refuse(i int, v any, err error) {
	if e.err != nil {
		return
	}
	if have := (*schema.ValueError)(nil); errors.As(err, &have) {
		e.err = err
		return
	}
	e.err = &schema.ValueError{Column: e.columns[i].Name, Value: v, Err: err}
}

// LengthError is the error for a text or blob that is longer than the encoder's
// limit. It is ErrTooLarge, and does not carry the bytes.
type LengthError struct{ Bytes, Max int }

// Error names both lengths, and the option.
func (e *LengthError) Error() string {
	return fmt.Sprintf("it has %d bytes, and at most %d are allowed (Options.MaxValue of the database)", e.Bytes, e.Max)
}

// Is reports whether the target is ErrTooLarge.
func (e *LengthError) Is(target error) bool { return target == ErrTooLarge }
