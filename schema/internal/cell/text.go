package cell

import (
	"encoding"
	"fmt"
	"reflect"
	"unsafe"
)

// BindText stores the text that v, a pointer, marshals to. A nil slice or map is
// stored as NULL in a column that takes NULL.
func BindText(w Writer, p Place, v encoding.TextMarshaler) error {
	if p.Null {
		switch at := reflect.ValueOf(v).Elem(); at.Kind() {
		case reflect.Slice, reflect.Map:
			if at.IsNil() {
				w.Null(p.Index)
				return nil
			}
		}
	}
	text, err := v.MarshalText()
	if err != nil {
		return fmt.Errorf("MarshalText of %v: %w", reflect.TypeOf(v).Elem(), err)
	}
	w.Text(p.Index, view(text))
	return nil
}

// ScanText sets v by its UnmarshalText. reset sets v to its zero value
// beforehand: what v holds is another row's value.
func ScanText(r Reader, p Place, v encoding.TextUnmarshaler, reset func()) (any, error) {
	null, err := p.IsNull(r)
	if err != nil {
		return nil, err
	}
	reset()
	if null {
		return nil, nil
	}
	text := r.Text(p.Index)
	if err := v.UnmarshalText([]byte(text)); err != nil {
		return text, fmt.Errorf("UnmarshalText of %v: %w", reflect.TypeOf(v).Elem(), err)
	}
	return nil, nil
}

// view returns b as a string without a copy: a Writer keeps nothing.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
