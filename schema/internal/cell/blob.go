package cell

import (
	"bytes"
	"fmt"
	"unsafe"
)

// empty stands for a nil []byte: a Writer may take nil for NULL.
var empty = []byte{}

// BindBlob stores bytes. Nil is stored as NULL, or as an empty blob in a column
// without NULL.
func BindBlob[S ~[]B, B ~uint8](w Writer, p Place, v S) {
	switch {
	case v != nil:
		w.Blob(p.Index, unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)))
	case p.Null:
		w.Null(p.Index)
	default:
		w.Blob(p.Index, empty)
	}
}

// ScanBlob copies a blob into memory of its own. NULL reads as nil, an empty
// blob as an empty slice.
func ScanBlob[S ~[]B, B ~uint8](r Reader, p Place, to *S) error {
	blob := r.Blob(p.Index)
	if len(blob) == 0 {
		null, err := p.IsNull(r)
		if err != nil {
			return err
		}
		*to = S{}
		if null {
			*to = nil
		}
		return nil
	}
	v := append([]byte(nil), blob...)
	*to = unsafe.Slice((*B)(unsafe.Pointer(unsafe.SliceData(v))), len(v))
	return nil
}

// ScanBytes reads a blob of the length of to. NULL reads as zeros.
func ScanBytes[B ~uint8](r Reader, p Place, to []B) (any, error) {
	blob := r.Blob(p.Index)
	if len(blob) == 0 {
		if null, err := p.IsNull(r); null {
			clear(to)
			return nil, err
		}
	}
	if len(blob) != len(to) {
		return bytes.Clone(blob), fmt.Errorf("%d bytes, want %d: %w", len(blob), len(to), ErrBlobLen)
	}
	for i, b := range blob {
		to[i] = B(b)
	}
	return nil, nil
}
