package schema

import (
	"math"
	"time"
	"unsafe"

	"github.com/galley-db/galley/schema/internal/cell"
)

// bindOps writes the fields of what base points at, one method call of w a
// column. Every load is of the type that the field has, at an offset that
// reflect gave for it.
func bindOps(ops []op, w Writer, base unsafe.Pointer) error {
	for k := range ops {
		o := &ops[k]
		p := unsafe.Add(base, o.offset)
		switch o.code {
		case opBool:
			w.Bool(o.column, *(*bool)(p))
		case opInt8:
			w.Int64(o.column, int64(*(*int8)(p)))
		case opInt16:
			w.Int64(o.column, int64(*(*int16)(p)))
		case opInt32:
			w.Int64(o.column, int64(*(*int32)(p)))
		case opInt64:
			w.Int64(o.column, *(*int64)(p))
		case opUint8:
			w.Int64(o.column, int64(*(*uint8)(p)))
		case opUint16:
			w.Int64(o.column, int64(*(*uint16)(p)))
		case opUint32:
			w.Int64(o.column, int64(*(*uint32)(p)))
		case opUint64:
			v := *(*uint64)(p)
			if v > math.MaxInt64 {
				return o.fail(v, ErrUintRange)
			}
			w.Int64(o.column, int64(v))
		case opFloat32:
			w.Float64(o.column, float64(*(*float32)(p)))
		case opFloat64:
			w.Float64(o.column, *(*float64)(p))
		case opString:
			w.Text(o.column, *(*string)(p))
		case opBytes:
			cell.BindBlob(w, o.place(), *(*[]byte)(p))
		case opTime:
			w.Time(o.column, *(*time.Time)(p))
		default:
			if err := o.codec.bind(o, w, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// fail is the error of a value, outside of the fast loops.
//
//go:noinline
func (o *op) fail(v any, err error) error {
	return &ValueError{Column: o.name, Value: v, Err: err}
}
