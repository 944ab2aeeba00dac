package formats

import (
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// kind says how the values of a leaf are stored.
type kind struct {
	column schema.Column // its type
	nulls  bool          // it has no values
	bare   bool          // as JSON the text is a number
	take   func(v *cells.Cells, value *parquet.Value) error
}

// kindOf finds the kind of a leaf.
func kindOf(e *element) (*kind, error) {
	k := &kind{column: schema.Column{Name: e.Name}}
	c := &k.column
	switch t := e.LogicalType.Value.(type) {
	case *format.NullType:
		c.Type, k.nulls = schema.Text, true
		return k, nil
	case *format.Float16Type:
		c.Type, k.take = schema.Float32, takeFloat16
		return k, nil
	case *format.DecimalType:
		return k.decimal(e, int(t.Scale))
	case *format.TimeType:
		c.Type, k.take = schema.Text, takeTimeOfDay(perSecond(t.Unit))
		return k, nil
	}
	switch {
	case e.converted(deprecated.Decimal):
		return k.decimal(e, int(e.Scale.V))
	case e.converted(deprecated.TimeMillis):
		c.Type, k.take = schema.Text, takeTimeOfDay(1e3)
		return k, nil
	case e.converted(deprecated.TimeMicros):
		c.Type, k.take = schema.Text, takeTimeOfDay(1e6)
		return k, nil
	case e.converted(deprecated.Interval):
		return nil, unsupported(e, "INTERVAL")
	}
	switch e.Type.V {
	case format.Boolean:
		c.Type = schema.Bool
		k.take = func(v *cells.Cells, value *parquet.Value) error {
			v.Int(0)
			if value.Boolean() {
				v.Ints[len(v.Ints)-1] = 1
			}
			return nil
		}
	case format.Float:
		c.Type = schema.Float32
		k.take = func(v *cells.Cells, value *parquet.Value) error { v.Float(float64(value.Float())); return nil }
	case format.Double:
		c.Type = schema.Float64
		k.take = func(v *cells.Cells, value *parquet.Value) error { v.Float(value.Double()); return nil }
	case format.Int96:
		c.Type, c.Unit = schema.Time, schema.Nanos
		k.take = k.int96
	case format.ByteArray, format.FixedLenByteArray:
		k.bytes(e)
	default:
		k.integer(e)
	}
	return k, nil
}

// bytes is the kind of a leaf of bytes. Whether a text must be UTF-8 is a question of
// the table's column, which may hold bytes.
func (k *kind) bytes(e *element) {
	k.column.Type = schema.Blob
	k.take = func(v *cells.Cells, value *parquet.Value) error { v.Blob(value.ByteArray()); return nil }
	switch e.LogicalType.Value.(type) {
	case *format.StringType, *format.EnumType:
		k.column.Type = schema.Text
	case *format.JsonType:
		k.column.Type = schema.JSON
	}
	switch {
	case e.converted(deprecated.UTF8), e.converted(deprecated.Enum):
		k.column.Type = schema.Text
	case e.converted(deprecated.Json):
		k.column.Type = schema.JSON
	}
}

// integer is the kind of a leaf of 32 or 64 bits.
func (k *kind) integer(e *element) {
	c := &k.column
	signed := map[int8]schema.Type{8: schema.Int8, 16: schema.Int16, 32: schema.Int32, 64: schema.Int64}
	unsigned := map[int8]schema.Type{8: schema.Uint8, 16: schema.Uint16, 32: schema.Uint32, 64: schema.Uint64}
	bits := int8(64)
	if e.Type.V == format.Int32 {
		bits = 32
	}
	c.Type = signed[bits]
	multiply := int64(1)
	switch t := e.LogicalType.Value.(type) {
	case *format.IntType:
		if c.Type = signed[t.BitWidth]; !t.IsSigned {
			c.Type = unsigned[t.BitWidth]
		}
	case *format.TimestampType:
		c.Type = schema.Time
		c.Unit = map[int64]schema.TimeUnit{1e3: schema.Millis, 1e6: schema.Micros, 1e9: schema.Nanos}[perSecond(t.Unit)]
	case *format.DateType:
		c.Type, c.Unit, multiply = schema.Time, schema.Seconds, 24*60*60
	}
	if e.LogicalType.Value == nil && e.ConvertedType.Valid {
		switch t := e.ConvertedType.V; t {
		case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
			c.Type = unsigned[int8(8<<(t-deprecated.Uint8))]
		case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
			c.Type = signed[int8(8<<(t-deprecated.Int8))]
		case deprecated.TimestampMillis:
			c.Type, c.Unit = schema.Time, schema.Millis
		case deprecated.TimestampMicros:
			c.Type, c.Unit = schema.Time, schema.Micros
		case deprecated.Date:
			c.Type, c.Unit, multiply = schema.Time, schema.Seconds, 24*60*60
		}
	}
	if c.Type == schema.Uint64 {
		c.Uint = schema.UintText
	}
	low, high := cells.IntRange(c.Type)
	narrow := c.Type == schema.Uint8 || c.Type == schema.Uint16 || c.Type == schema.Uint32
	k.take = func(v *cells.Cells, value *parquet.Value) error {
		n := value.Int64()
		if value.Kind() == parquet.Int32 {
			if n = int64(value.Int32()); narrow {
				n = int64(value.Uint32())
			}
		}
		if n < low || n > high {
			return &schema.ValueError{Column: c.Name, Value: n, Err: schema.ErrOverflow}
		}
		v.Int(n * multiply)
		return nil
	}
}

// perSecond is the number of a unit's steps in a second.
func perSecond(u format.TimeUnit) int64 {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return 1e3
	case *format.MicroSeconds:
		return 1e6
	}
	return 1e9
}

// takeTimeOfDay adds a time of day as text, such as 15:04:05.123.
func takeTimeOfDay(perSecond int64) func(*cells.Cells, *parquet.Value) error {
	return func(v *cells.Cells, value *parquet.Value) error {
		n := value.Int64()
		if value.Kind() == parquet.Int32 {
			n = int64(value.Int32())
		}
		if n < 0 || n >= 24*60*60*perSecond {
			return fmt.Errorf("%w: %d is not a time of day", cells.ErrValue, n)
		}
		t := time.Unix(n/perSecond, n%perSecond*(1e9/perSecond)).UTC()
		v.Text(t.Format("15:04:05.999999999"))
		return nil
	}
}

// int96 adds a time that old writers store as a Julian day and the nanoseconds
// of the day.
func (k *kind) int96(v *cells.Cells, value *parquet.Value) error {
	n, err := cells.ExactUnix(&k.column, timeOf96(value))
	if err != nil {
		return err
	}
	v.Int(n)
	return nil
}

func timeOf96(value *parquet.Value) time.Time {
	n := value.Int96()
	nanos := int64(uint64(n[1])<<32 | uint64(n[0]))
	day := int64(int32(n[2])) - 2440588 // of 1970-01-01
	return time.Unix(day*24*60*60, 0).UTC().Add(time.Duration(nanos))
}

// unit96 is the unit that the times of a column have: microseconds where a
// time is out of the range of nanoseconds.
func unit96(in leaf) (schema.TimeUnit, error) {
	defer in.end()
	c := schema.Column{Type: schema.Time, Unit: schema.Nanos}
	for {
		more, err := in.peek()
		if err != nil || !more {
			return schema.Nanos, err
		}
		for i := range in.ready {
			if in.ready[i].IsNull() {
				continue
			}
			if _, err := c.UnixTime(timeOf96(&in.ready[i])); err != nil {
				return schema.Micros, nil
			}
		}
		in.ready = nil
	}
}

// takeFloat16 adds a float of 16 bits, which a float32 holds.
func takeFloat16(v *cells.Cells, value *parquet.Value) error {
	b := value.ByteArray()
	if len(b) != 2 {
		return fmt.Errorf("%w: a FLOAT16 of %d bytes", ErrFormat, len(b))
	}
	n := uint16(b[1])<<8 | uint16(b[0])
	exponent, fraction := int(n>>10&31), float64(n&1023)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 31:
		f = math.Inf(1)
		if fraction != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(1024+fraction, exponent-25)
	}
	if n&0x8000 != 0 {
		f = -f
	}
	v.Float(f)
	return nil
}

// appendLeaf adds a value as JSON.
func (k *kind) appendLeaf(dst []byte, scratch *cells.Cells, value *parquet.Value) ([]byte, error) {
	if k.nulls || value.IsNull() {
		return append(dst, "null"...), nil
	}
	if value.Kind() == parquet.ByteArray && len(value.ByteArray()) > maxValue {
		return dst, fmt.Errorf("%w: a value of %d bytes", store.ErrTooLarge, len(value.ByteArray()))
	}
	scratch.Truncate(0)
	if err := k.take(scratch, value); err != nil {
		return dst, err
	}
	c := &k.column
	switch {
	case k.bare && scratch.Form == cells.AsBytes:
		return append(dst, scratch.At(0)...), nil
	case c.Type == schema.Time && c.Unit == schema.Seconds: // a date
		return append(c.TimeOf(scratch.Ints[0]).AppendFormat(append(dst, '"'), time.DateOnly), '"'), nil
	case c.Type == schema.Time: // of any year
		return append(c.TimeOf(scratch.Ints[0]).AppendFormat(append(dst, '"'), time.RFC3339Nano), '"'), nil
	case c.Type == schema.Uint64:
		return strconv.AppendUint(dst, uint64(scratch.Ints[0]), 10), nil
	case c.Type == schema.Text && !utf8.Valid(scratch.At(0)):
		return dst, fmt.Errorf("%w: a text is not UTF-8", ErrFormat)
	case c.Type == schema.JSON:
		v := &cells.Cells{Form: cells.AsBytes}
		if err := cells.Parse(c, v, scratch.At(0)); err != nil {
			return dst, err
		}
	}
	return cells.AppendJSON(dst, c, scratch, 0), nil
}
