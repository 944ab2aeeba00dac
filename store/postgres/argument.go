package postgres

import (
	"database/sql/driver"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// arguments returns args with each [store.At] as the server stores it: a time,
// or for nanoseconds and RFC 3339 a number or a text. Others are bound exactly.
func arguments(args []any) ([]any, error) {
	bound := make([]any, len(args))
	for i, a := range args {
		at, ok := a.(store.TimeArg)
		if !ok {
			bound[i] = exactly(a)
			continue
		}
		var err error
		if at.Unit == schema.Nanos || at.Unit == schema.RFC3339 {
			bound[i], err = at.Value()
		} else {
			bound[i], err = at.Rounded()
		}
		if err != nil {
			return nil, err
		}
	}
	return bound, nil
}

// number is a float that is an argument. pgx would cut its fraction off where the
// server takes an integer: beside a column of integers, 2.5 would be 2, and meet rows.
type number float64

// Float64Value implements [pgtype.Float64Valuer].
func (n number) Float64Value() (pgtype.Float8, error) {
	return pgtype.Float8{Float64: float64(n), Valid: true}, nil
}

// Int64Value implements [pgtype.Int64Valuer].
func (n number) Int64Value() (pgtype.Int8, error) {
	if f := float64(n); f != math.Trunc(f) || f < -1<<63 || f >= 1<<63 { // nor a NaN
		return pgtype.Int8{}, fmt.Errorf("%v is compared with integers, and is not an integer; write CAST(? AS double precision)", f)
	}
	return pgtype.Int8{Int64: int64(n), Valid: true}, nil
}

// exactly returns the number for an argument that is a float, the numbers for a slice
// of floats, and a time in UTC, also where these are what its Value returns. pgx would
// compare a time without its zone with a column that has none, and that galley reads
// in UTC. Other arguments are returned unchanged.
func exactly(arg any) any {
	v := reflect.ValueOf(arg)
	if valuer, ok := arg.(driver.Valuer); ok {
		if v.Kind() == reflect.Pointer && v.IsNil() {
			return arg
		}
		if value, err := valuer.Value(); err == nil && (isTime(value) || isFloat(reflect.TypeOf(value))) {
			return exactly(value)
		}
		return arg // pgx asks it again, and returns its error
	}
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		return number(v.Float())
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			return at.UTC()
		}
	case reflect.Slice, reflect.Array:
		if !isFloat(v.Type().Elem()) || v.Kind() == reflect.Slice && v.IsNil() {
			return arg
		}
		numbers := make([]number, v.Len())
		for i := range numbers {
			numbers[i] = number(v.Index(i).Float())
		}
		return numbers
	}
	return arg
}

func isTime(v any) bool {
	_, is := v.(time.Time)
	return is
}

func isFloat(t reflect.Type) bool {
	return t != nil && (t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64)
}
