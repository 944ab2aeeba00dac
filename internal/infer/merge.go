package infer

import (
	"fmt"

	"github.com/galley-db/galley/schema"
)

// Merge returns the column that holds every value of two typed columns, such as
// those of two Parquet files, or ErrTypes.
func Merge(a, b schema.Column) (schema.Column, error) {
	c := a
	c.Nullable = a.Nullable || b.Nullable
	c.NaNNull = a.NaNNull || b.NaNNull
	if a.Type == b.Type {
		switch a.Type {
		case schema.Time:
			c.Unit = finest(a.Unit, b.Unit)
		case schema.Vector32, schema.Vector64:
			if a.Dim != b.Dim {
				c.Dim = 0
			}
		case schema.Uint64:
			if a.Uint == schema.UintInt {
				c.Uint = b.Uint
			}
		}
		return c, nil
	}
	for _, pair := range [][2]schema.Column{{a, b}, {b, a}} {
		if t, ok := wider(&pair[0], &pair[1]); ok {
			c.Type, c.Unit, c.Uint, c.Dim = t, 0, 0, 0
			c.NaNNull = c.NaNNull && (t == schema.Float32 || t == schema.Float64)
			return c, nil
		}
	}
	return c, fmt.Errorf("%w: %v and %v", ErrTypes, a.Type, b.Type)
}

// finest is the unit that keeps the digits of both.
func finest(a, b schema.TimeUnit) schema.TimeUnit {
	if a == schema.RFC3339 || b == schema.RFC3339 {
		return schema.RFC3339
	}
	for _, unit := range []schema.TimeUnit{schema.Nanos, schema.Micros, schema.Millis} {
		if a == unit || b == unit {
			return unit
		}
	}
	return schema.Seconds
}

// bits are the sizes of the integers; unsigned ones are odd here.
var bits = map[schema.Type]int{
	schema.Int8: 8, schema.Int16: 16, schema.Int32: 32, schema.Int64: 64,
	schema.Uint8: 9, schema.Uint16: 17, schema.Uint32: 33,
}

// mantissa are the bits of a float that hold integers.
var mantissa = map[schema.Type]int{schema.Float32: 24, schema.Float64: 53}

// wider is the type that holds the values of a and b, if it is found by looking
// at them in this order.
func wider(a, b *schema.Column) (schema.Type, bool) {
	n, m := bits[a.Type], bits[b.Type]
	switch {
	case n > 0 && m > 0: // two integers
		if n%2 == 1 && m%2 == 1 || n%2 == 0 && n > m {
			if n >= m {
				return a.Type, true
			}
			return b.Type, true
		}
		if n%2 == 0 && m%2 == 1 {
			for _, t := range []schema.Type{schema.Int8, schema.Int16, schema.Int32, schema.Int64} {
				if bits[t] >= n && bits[t] > m {
					return t, true
				}
			}
		}
		return 0, false
	case n > 0 && mantissa[b.Type] > 0: // an integer and a float
		if n <= mantissa[b.Type] {
			return b.Type, true
		}
		if n <= mantissa[schema.Float64] {
			return schema.Float64, true
		}
		return schema.Text, true
	case a.Type == schema.Float32 && b.Type == schema.Float64:
		return schema.Float64, true
	case a.Type == schema.Uint64 && (m > 0 || mantissa[b.Type] > 0):
		return schema.Text, true
	case a.Type == schema.Vector32 && b.Type == schema.Vector64:
		return schema.Vector64, true
	case a.Type == schema.Text && b.Type == schema.Blob:
		return schema.Blob, true
	case a.Type == schema.Text && b.Type != schema.Vector32 && b.Type != schema.Vector64:
		return schema.Text, true
	case a.Type == schema.JSON && (b.Type == schema.Vector32 || b.Type == schema.Vector64):
		return schema.JSON, true
	}
	return 0, false
}
