package cell

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
	"time"
)

// Kind is the type of what a Value returns, by the name that package schema has
// for the column type.
type Kind string

// The kinds, which are those of a driver.Value.
const (
	Bool    Kind = "bool"
	Int64   Kind = "int64"
	Float64 Kind = "float64"
	Text    Kind = "text"
	Blob    Kind = "blob"
	Time    Kind = "time"
)

// BindValue stores what the Value of v, a pointer, returns. That must be of the
// column's type; bytes are text where the column holds text.
func BindValue(w Writer, p Place, want Kind, v driver.Valuer) (any, error) {
	value, err := v.Value()
	if err != nil {
		return nil, fmt.Errorf("Value of %v: %w", reflect.TypeOf(v).Elem(), err)
	}
	got := Kind("")
	switch x := value.(type) {
	case nil:
		if !p.Null {
			return nil, fmt.Errorf("Value of %v returns nil: %w", reflect.TypeOf(v).Elem(), ErrNull)
		}
		w.Null(p.Index)
		return nil, nil
	case bool:
		if got = Bool; got == want {
			w.Bool(p.Index, x)
		}
	case int64:
		if got = Int64; got == want {
			w.Int64(p.Index, x)
		}
	case float64:
		if got = Float64; got == want {
			w.Float64(p.Index, x)
		}
	case string:
		if got = Text; got == want {
			w.Text(p.Index, x)
		}
	case []byte:
		if got = Blob; got == want {
			BindBlob(w, p, x)
		} else if want == Text && x != nil {
			got = Text
			w.Text(p.Index, view(x))
		}
	case time.Time:
		if got = Time; got == want {
			w.Time(p.Index, x)
		}
	}
	if got != want {
		return value, fmt.Errorf("Value of %v returns a %T, and the column holds %s: %w", reflect.TypeOf(v).Elem(), value, want, ErrValue)
	}
	return nil, nil
}

// ScanValue passes the stored value to the Scan of v, nil for NULL. reset sets v to
// its zero value beforehand: what v holds is another row's value.
func ScanValue(r Reader, p Place, want Kind, v sql.Scanner, reset func()) (any, error) {
	null, err := p.IsNull(r)
	if err != nil {
		return nil, err
	}
	var value any
	if !null {
		value = read(r, p.Index, want)
	}
	reset()
	if err := v.Scan(value); err != nil {
		return value, fmt.Errorf("Scan of %v: %w", reflect.TypeOf(v).Elem(), err)
	}
	return nil, nil
}

// read returns a value that Scan may keep.
func read(r Reader, i int, want Kind) any {
	switch want {
	case Bool:
		return r.Bool(i)
	case Int64:
		return r.Int64(i)
	case Float64:
		return r.Float64(i)
	case Text:
		return r.Text(i)
	case Time:
		return r.Time(i).UTC()
	}
	return append([]byte{}, r.Blob(i)...)
}
