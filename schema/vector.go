package schema

import (
	"unsafe"

	"github.com/galley-db/galley/schema/internal/cell"
)

// vectorCodec is a slice or an array of floats.
type vectorCodec struct {
	width int // of a float, 4 or 8
	array bool
	dim   int // 0 for any; of an array its length
}

func (c *vectorCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	if c.array {
		return o.refuse(nil, cell.BindVector(w, o.place(), c.dim, c.width, p, c.dim))
	}
	// The header of a slice is the same whatever its elements are.
	v := *(*[]float64)(p)
	return o.refuse(nil, cell.BindVector(w, o.place(), c.dim, c.width, unsafe.Pointer(unsafe.SliceData(v)), len(v)))
}

func (c *vectorCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	var err error
	switch {
	case c.array && c.width == 4:
		err = cell.ScanArray(r, o.place(), unsafe.Slice((*float32)(p), c.dim))
	case c.array:
		err = cell.ScanArray(r, o.place(), unsafe.Slice((*float64)(p), c.dim))
	case c.width == 4:
		err = cell.ScanVector(r, o.place(), c.dim, (*[]float32)(p))
	default:
		err = cell.ScanVector(r, o.place(), c.dim, (*[]float64)(p))
	}
	return o.refuse(nil, err)
}
