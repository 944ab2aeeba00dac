package schema

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

// littleEndian reports whether floats lie in memory as they do in the blob.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// BindVector stores floats, packed in little-endian order. dim is how many
// there must be, 0 for any number.
func BindVector[S ~[]F, F ~float32 | ~float64](w Writer, c Cell, dim int, v S) error {
	return bindVector(w, c, dim, int(unsafe.Sizeof(F(0))), unsafe.Pointer(unsafe.SliceData(v)), len(v))
}

// ScanVector reads floats into a new slice.
func ScanVector[S ~[]F, F ~float32 | ~float64](r Reader, c Cell, dim int, p *S) error {
	width := int(unsafe.Sizeof(F(0)))
	blob, null, err := readVector(r, c, dim, width)
	switch {
	case err != nil:
		return err
	case null:
		*p = nil
		return nil
	}
	v := make(S, len(blob)/width)
	unpack(unsafe.Pointer(unsafe.SliceData(v)), blob, width)
	*p = v
	return nil
}

// ScanArray reads as many floats as v, a whole array, has.
func ScanArray[F ~float32 | ~float64](r Reader, c Cell, v []F) error {
	width := int(unsafe.Sizeof(F(0)))
	blob, null, err := readVector(r, c, len(v), width)
	switch {
	case err != nil:
		return err
	case null:
		clear(v)
		return nil
	}
	unpack(unsafe.Pointer(unsafe.SliceData(v)), blob, width)
	return nil
}

// bindVector stores n floats of so many bytes, which lie at data.
func bindVector(w Writer, c Cell, dim, width int, data unsafe.Pointer, n int) error {
	if data == nil && c.Null {
		w.Null(c.Index)
		return nil
	}
	if dim != 0 && n != dim {
		return c.fail(nil, fmt.Errorf("%d floats where %d go: %w", n, dim, ErrVectorLen))
	}
	if n == 0 {
		w.Blob(c.Index, emptyBlob)
		return nil
	}
	packed := unsafe.Slice((*byte)(data), n*width)
	if !littleEndian {
		packed = append([]byte(nil), packed...)
		swap(packed, width)
	}
	w.Blob(c.Index, packed)
	return nil
}

// readVector is a blob of as many floats as there must be.
func readVector(r Reader, c Cell, dim, width int) (blob []byte, null bool, err error) {
	blob = r.Blob(c.Index)
	if len(blob) == 0 {
		if null, err = c.null(r); null {
			return nil, true, err
		}
	}
	if len(blob)%width != 0 || dim != 0 && len(blob)/width != dim {
		want := fmt.Sprintf("floats of %d bytes", width)
		if dim != 0 {
			want = fmt.Sprintf("%d floats of %d bytes", dim, width)
		}
		return nil, false, c.fail(nil, fmt.Errorf("a blob of %d bytes for %s: %w", len(blob), want, ErrVectorLen))
	}
	return blob, false, nil
}

// unpack puts a blob into the floats at p, of which there are enough.
func unpack(p unsafe.Pointer, blob []byte, width int) {
	packed := unsafe.Slice((*byte)(p), len(blob))
	copy(packed, blob)
	if !littleEndian {
		swap(packed, width)
	}
}

// swap turns round the bytes of each float.
func swap(packed []byte, width int) {
	for ; len(packed) >= width; packed = packed[width:] {
		for i, j := 0, width-1; i < j; i, j = i+1, j-1 {
			packed[i], packed[j] = packed[j], packed[i]
		}
	}
}

// vectorCodec is a slice or an array of floats.
type vectorCodec struct {
	width int // of a float, 4 or 8
	array bool
	dim   int // 0 for any; of an array its length
}

func (c *vectorCodec) bind(o *op, w Writer, p unsafe.Pointer) error {
	if c.array {
		return bindVector(w, o.cell(), c.dim, c.width, p, c.dim)
	}
	// The header of a slice is the same whatever its elements are.
	v := *(*[]float64)(p)
	return bindVector(w, o.cell(), c.dim, c.width, unsafe.Pointer(unsafe.SliceData(v)), len(v))
}

func (c *vectorCodec) scan(o *op, r Reader, p unsafe.Pointer) error {
	switch {
	case c.array && c.width == 4:
		return ScanArray(r, o.cell(), unsafe.Slice((*float32)(p), c.dim))
	case c.array:
		return ScanArray(r, o.cell(), unsafe.Slice((*float64)(p), c.dim))
	case c.width == 4:
		return ScanVector(r, o.cell(), c.dim, (*[]float32)(p))
	}
	return ScanVector(r, o.cell(), c.dim, (*[]float64)(p))
}
