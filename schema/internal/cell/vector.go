package cell

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

// littleEndian reports whether floats have the same bytes in memory as in the
// blob.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// BindVector stores n floats of width bytes each, which lie at data. dim is how
// many there must be, 0 for any number. A nil data is a nil slice.
func BindVector(w Writer, p Place, dim, width int, data unsafe.Pointer, n int) error {
	if data == nil && p.Null {
		w.Null(p.Index)
		return nil
	}
	if dim != 0 && n != dim {
		return fmt.Errorf("%d floats, want %d: %w", n, dim, ErrVectorLen)
	}
	if n == 0 {
		w.Blob(p.Index, empty)
		return nil
	}
	packed := unsafe.Slice((*byte)(data), n*width)
	if !littleEndian {
		packed = append([]byte(nil), packed...)
		swap(packed, width)
	}
	w.Blob(p.Index, packed)
	return nil
}

// ScanVector reads floats into a new slice.
func ScanVector[S ~[]F, F ~float32 | ~float64](r Reader, p Place, dim int, to *S) error {
	width := int(unsafe.Sizeof(F(0)))
	blob, null, err := readVector(r, p, dim, width)
	switch {
	case err != nil:
		return err
	case null:
		*to = nil
		return nil
	}
	v := make(S, len(blob)/width)
	unpack(unsafe.Pointer(unsafe.SliceData(v)), blob, width)
	*to = v
	return nil
}

// ScanArray reads as many floats as v has.
func ScanArray[F ~float32 | ~float64](r Reader, p Place, v []F) error {
	width := int(unsafe.Sizeof(F(0)))
	blob, null, err := readVector(r, p, len(v), width)
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

// readVector returns a blob that holds as many floats as it must.
func readVector(r Reader, p Place, dim, width int) (blob []byte, null bool, err error) {
	blob = r.Blob(p.Index)
	if len(blob) == 0 {
		if null, err = p.IsNull(r); null {
			return nil, true, err
		}
	}
	if len(blob)%width != 0 || dim != 0 && len(blob)/width != dim {
		want := fmt.Sprintf("floats of %d bytes", width)
		if dim != 0 {
			want = fmt.Sprintf("%d floats of %d bytes", dim, width)
		}
		return nil, false, fmt.Errorf("a blob of %d bytes, want %s: %w", len(blob), want, ErrVectorLen)
	}
	return blob, false, nil
}

// unpack copies a blob to the floats at p. There are enough of them.
func unpack(p unsafe.Pointer, blob []byte, width int) {
	packed := unsafe.Slice((*byte)(p), len(blob))
	copy(packed, blob)
	if !littleEndian {
		swap(packed, width)
	}
}

// swap reverses the bytes of each float.
func swap(packed []byte, width int) {
	for ; len(packed) >= width; packed = packed[width:] {
		for i, j := 0, width-1; i < j; i, j = i+1, j-1 {
			packed[i], packed[j] = packed[j], packed[i]
		}
	}
}
