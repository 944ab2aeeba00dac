package cell

import "unsafe"

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
