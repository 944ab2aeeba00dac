package schema

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

// vectorCodec is a slice or an array of floats, packed in little-endian
// order.
type vectorCodec struct {
	width int // of a float, 4 or 8
	array bool
	dim   int // 0 for any; of an array its length
}

// littleEndian tells whether floats lie in memory as they do in the blob.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// floats finds the floats of the field at p.
func (c *vectorCodec) floats(p unsafe.Pointer) (data unsafe.Pointer, n int) {
	switch {
	case c.array:
		return p, c.dim
	case c.width == 4:
		v := *(*[]float32)(p)
		return unsafe.Pointer(unsafe.SliceData(v)), len(v)
	}
	v := *(*[]float64)(p)
	return unsafe.Pointer(unsafe.SliceData(v)), len(v)
}

func (c *vectorCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	data, n := c.floats(p)
	if data == nil && o.nullable {
		w.Null(o.column)
		return nil
	}
	if c.dim != 0 && n != c.dim {
		return o.fail(nil, fmt.Errorf("%d floats where %d go: %w", n, c.dim, ErrVectorLen))
	}
	if n == 0 {
		w.Blob(o.column, emptyBlob)
		return nil
	}
	packed := unsafe.Slice((*byte)(data), n*c.width)
	if !littleEndian {
		packed = append([]byte(nil), packed...)
		swap(packed, c.width)
	}
	w.Blob(o.column, packed)
	return nil
}

func (c *vectorCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	blob := r.Blob(o.column)
	if len(blob) == 0 && r.IsNull(o.column) {
		if !o.nullable {
			return o.fail(nil, ErrNull)
		}
		c.clear(p)
		return nil
	}
	n := len(blob) / c.width
	if len(blob)%c.width != 0 || c.dim != 0 && n != c.dim {
		return o.fail(nil, fmt.Errorf("a blob of %d bytes for %s: %w", len(blob), c, ErrVectorLen))
	}
	var packed []byte
	switch {
	case c.array:
		packed = unsafe.Slice((*byte)(p), n*c.width)
	case c.width == 4:
		v := make([]float32, n)
		*(*[]float32)(p) = v
		packed = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), n*c.width)
	default:
		v := make([]float64, n)
		*(*[]float64)(p) = v
		packed = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), n*c.width)
	}
	copy(packed, blob)
	if !littleEndian {
		swap(packed, c.width)
	}
	return nil
}

// clear is the zero value: nil, or an array of zeros.
func (c *vectorCodec) clear(p unsafe.Pointer) {
	if c.array {
		clear(unsafe.Slice((*byte)(p), c.dim*c.width))
		return
	}
	*(*[]float64)(p) = nil
}

// String says what the column holds, for errors.
func (c *vectorCodec) String() string {
	if c.dim == 0 {
		return fmt.Sprintf("floats of %d bytes", c.width)
	}
	return fmt.Sprintf("%d floats of %d bytes", c.dim, c.width)
}

// swap turns round the bytes of each float.
func swap(packed []byte, width int) {
	for ; len(packed) >= width; packed = packed[width:] {
		for i, j := 0, width-1; i < j; i, j = i+1, j-1 {
			packed[i], packed[j] = packed[j], packed[i]
		}
	}
}
