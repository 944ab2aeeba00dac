package bind

import (
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"unsafe"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/schema/internal/cell"
)

// BindBlob stores bytes. Nil is stored as NULL, or as an empty blob in a column
// without NULL.
func BindBlob[S ~[]B, B ~uint8](w schema.Writer, c Cell, v S) { cell.BindBlob(w, c.place(), v) }

// BindText stores the text that v, a pointer, marshals to.
func BindText(w schema.Writer, c Cell, v encoding.TextMarshaler) error {
	return c.refuse(nil, cell.BindText(w, c.place(), v))
}

// BindJSON stores the JSON of the value that v points to.
func BindJSON(w schema.Writer, c Cell, v any) error {
	return c.refuse(nil, cell.BindJSON(w, c.place(), v))
}

// BindRaw stores JSON as it is.
func BindRaw(w schema.Writer, c Cell, v json.RawMessage) error {
	return c.refuse(cell.BindRaw(w, c.place(), v))
}

// BindUint stores the full range of a uint64 by the policy [schema.UintText] or
// [schema.UintBlob].
func BindUint(w schema.Writer, c Cell, policy schema.UintPolicy, v uint64) {
	cell.BindUint(w, c.place(), policy == schema.UintText, v)
}

// BindVector stores floats, packed in little-endian order. dim is how many
// there must be, 0 for any number.
func BindVector[S ~[]F, F ~float32 | ~float64](w schema.Writer, c Cell, dim int, v S) error {
	return c.refuse(nil, cell.BindVector(w, c.place(), dim, int(unsafe.Sizeof(F(0))), unsafe.Pointer(unsafe.SliceData(v)), len(v)))
}

// BindBytes stores the bytes of an array.
func BindBytes[B ~uint8](w schema.Writer, c Cell, v []B) { cell.BindBlob(w, c.place(), v) }

// BindValue stores what the Value of v, a pointer, returns, which must be of
// type t.
func BindValue(w schema.Writer, c Cell, t schema.Type, v driver.Valuer) error {
	return c.refuse(cell.BindValue(w, c.place(), cell.Kind(t.String()), v))
}
