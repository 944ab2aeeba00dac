package schema

import "unsafe"

// emptyBlob stands for a nil []byte: a Writer may take nil for NULL.
var emptyBlob = []byte{}

// BindBlob stores bytes; nil is NULL or, where there is none, empty.
func BindBlob[S ~[]B, B ~uint8](w Writer, c Cell, v S) {
	switch {
	case v != nil:
		w.Blob(c.Index, unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)))
	case c.Null:
		w.Null(c.Index)
	default:
		w.Blob(c.Index, emptyBlob)
	}
}

// ScanBlob copies a blob, which is the Reader's own: nil for NULL, never nil
// for an empty one.
func ScanBlob[S ~[]B, B ~uint8](r Reader, c Cell, p *S) error {
	blob := r.Blob(c.Index)
	if len(blob) == 0 {
		null, err := c.null(r)
		if err != nil {
			return err
		}
		*p = S{}
		if null {
			*p = nil
		}
		return nil
	}
	v := append([]byte(nil), blob...)
	*p = unsafe.Slice((*B)(unsafe.Pointer(unsafe.SliceData(v))), len(v))
	return nil
}
