package table

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"

	"github.com/galley-db/galley/schema"
)

// errUnsigned is the error of an unsigned argument beside columns that would store it
// in several forms: a condition is text, so galley cannot find the column of an
// argument, and in another form it would meet no row, or every row.
var errUnsigned = errors.New(`columns of the table store it in several forms; pass an int64 for a column of numbers, ` +
	`fmt.Sprintf("%020d", v) for one with uint=text, and the 8 bytes, big-endian, for one with uint=blob`)

// unsigned returns a uint64 as the table's columns of uint64 store it (tag option
// uint), and other arguments unchanged.
func unsigned(arg any, table *schema.Schema) (any, error) {
	v := reflect.ValueOf(arg)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Uint, reflect.Uint64, reflect.Uintptr:
	default:
		return arg, nil
	}
	forms := map[schema.UintPolicy]bool{}
	for _, c := range table.Columns() {
		switch c.Type {
		case schema.Uint64:
			forms[c.Uint] = true
		case schema.Int8, schema.Int16, schema.Int32, schema.Int64, schema.Uint8, schema.Uint16, schema.Uint32, schema.Duration,
			schema.Float32, schema.Float64: // in SQLite each number is less than any bytes
			forms[schema.UintInt] = true
		}
	}
	switch text, blob := forms[schema.UintText], forms[schema.UintBlob]; {
	case !text && !blob:
		return arg, nil
	case len(forms) > 1:
		return nil, errUnsigned
	case text:
		return fmt.Sprintf("%020d", v.Uint()), nil
	}
	return binary.BigEndian.AppendUint64(nil, v.Uint()), nil
}
