package schema

import (
	"math"
	"time"
	"unsafe"

	"github.com/galley-db/galley/schema/internal/cell"
)

// scanOps reads the fields of what base points at. NULL reads as the zero
// value, so that only a zero needs to be asked whether it is one.
func scanOps(ops []op, r Reader, base unsafe.Pointer) error {
	for k := range ops {
		o := &ops[k]
		p := unsafe.Add(base, o.offset)
		zero := false
		switch o.code {
		case opBool:
			v := r.Bool(o.column)
			*(*bool)(p), zero = v, !v
		case opInt8, opInt16, opInt32, opInt64, opUint8, opUint16, opUint32, opUint64:
			v := r.Int64(o.column)
			if !o.code.store(p, v) {
				return o.fail(v, ErrOverflow)
			}
			zero = v == 0
		case opFloat32:
			v := r.Float64(o.column)
			if v == 0 && o.nanNull && r.IsNull(o.column) {
				v = math.NaN()
			}
			f := float32(v)
			if math.IsInf(float64(f), 0) && !math.IsInf(v, 0) {
				return o.fail(v, ErrOverflow)
			}
			*(*float32)(p), zero = f, v == 0
		case opFloat64:
			v := r.Float64(o.column)
			if v == 0 && o.nanNull && r.IsNull(o.column) {
				v = math.NaN()
			}
			*(*float64)(p), zero = v, v == 0
		case opString:
			v := r.Text(o.column)
			*(*string)(p), zero = v, v == ""
		case opBytes:
			if err := cell.ScanBlob(r, o.place(), (*[]byte)(p)); err != nil {
				return o.fail(nil, err)
			}
		case opTime:
			v := r.Time(o.column)
			*(*time.Time)(p), zero = v.UTC(), v.IsZero()
		default:
			if err := o.codec.scan(o, r, p); err != nil {
				return err
			}
		}
		if zero && !o.nullable && r.IsNull(o.column) {
			return o.fail(nil, ErrNull)
		}
	}
	return nil
}

// store puts v into an integer of the code's size, and reports whether it fits.
func (c code) store(p unsafe.Pointer, v int64) bool {
	switch c {
	case opInt8:
		*(*int8)(p) = int8(v)
		return v == int64(int8(v))
	case opInt16:
		*(*int16)(p) = int16(v)
		return v == int64(int16(v))
	case opInt32:
		*(*int32)(p) = int32(v)
		return v == int64(int32(v))
	case opInt64:
		*(*int64)(p) = v
	case opUint8:
		*(*uint8)(p) = uint8(v)
		return v == int64(uint8(v))
	case opUint16:
		*(*uint16)(p) = uint16(v)
		return v == int64(uint16(v))
	case opUint32:
		*(*uint32)(p) = uint32(v)
		return v == int64(uint32(v))
	case opUint64:
		*(*uint64)(p) = uint64(v)
		return v >= 0
	}
	return true
}
