package bind

import (
	"database/sql"
	"encoding"
	"encoding/json"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/schema/internal/cell"
)

// ScanBlob copies a blob into memory of its own. NULL reads as nil, an empty
// blob as an empty slice.
func ScanBlob[S ~[]B, B ~uint8](r schema.Reader, c Cell, to *S) error {
	return c.refuse(nil, cell.ScanBlob(r, c.place(), to))
}

// ScanText sets to, which loses its old value, by its UnmarshalText.
func ScanText[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](r schema.Reader, c Cell, to P) error {
	return c.refuse(cell.ScanText(r, c.place(), to, func() { *to = *new(T) }))
}

// ScanJSON sets to, which loses its old value, from JSON.
func ScanJSON[T any](r schema.Reader, c Cell, to *T) error {
	return c.refuse(cell.ScanJSON(r, c.place(), to, func() { *to = *new(T) }))
}

// ScanRaw reads JSON as it is.
func ScanRaw(r schema.Reader, c Cell, to *json.RawMessage) error {
	return c.refuse(cell.ScanRaw(r, c.place(), to))
}

// ScanUint reads what [BindUint] stored.
func ScanUint(r schema.Reader, c Cell, policy schema.UintPolicy) (uint64, error) {
	v, refused, err := cell.ScanUint(r, c.place(), policy == schema.UintText)
	return v, c.refuse(refused, err)
}

// ScanVector reads floats into a new slice.
func ScanVector[S ~[]F, F ~float32 | ~float64](r schema.Reader, c Cell, dim int, to *S) error {
	return c.refuse(nil, cell.ScanVector(r, c.place(), dim, to))
}

// ScanArray reads as many floats as v, a whole array, has.
func ScanArray[F ~float32 | ~float64](r schema.Reader, c Cell, v []F) error {
	return c.refuse(nil, cell.ScanArray(r, c.place(), v))
}

// ScanBytes reads a blob into a whole array of bytes, which has its length.
func ScanBytes[B ~uint8](r schema.Reader, c Cell, v []B) error {
	return c.refuse(cell.ScanBytes(r, c.place(), v))
}

// ScanValue passes the stored value, of type t, to the Scan of to, which loses its
// old value.
func ScanValue[T any, P interface {
	*T
	sql.Scanner
}](r schema.Reader, c Cell, t schema.Type, to P) error {
	return c.refuse(cell.ScanValue(r, c.place(), cell.Kind(t.String()), to, func() { *to = *new(T) }))
}
