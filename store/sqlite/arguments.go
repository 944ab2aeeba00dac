package sqlite

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/store"
)

// plain returns what the Value method of an argument gives, and other arguments
// as they are.
func plain(arg any) (any, error) {
	if _, is := arg.(time.Time); is {
		return arg, nil
	}
	v, is := arg.(driver.Valuer)
	if !is {
		if p := reflect.ValueOf(arg); p.Kind() == reflect.Pointer && !p.IsNil() {
			return plain(p.Elem().Interface())
		}
		return arg, nil
	}
	value, err := v.Value()
	if err != nil {
		return nil, err
	}
	if _, again := value.(driver.Valuer); again {
		return nil, fmt.Errorf("the Value of %T returns another driver.Valuer", arg)
	}
	return value, nil
}

// bindArg binds a Go value; param counts from 1.
func bindArg(s *sqlite3.Stmt, param int, arg any) error {
	switch v := arg.(type) {
	case nil:
		return s.BindNull(param)
	case bool:
		return s.BindBool(param, v)
	case string:
		return s.BindText(param, v)
	case []byte:
		if v != nil && len(v) == 0 {
			return s.BindZeroBlob(param, 0)
		}
		return s.BindBlob(param, v)
	case time.Time:
		return store.OpenArgument()
	}
	switch v := reflect.ValueOf(arg); v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return s.BindNull(param)
		}
		return bindArg(s, param, v.Elem().Interface())
	case reflect.Bool:
		return s.BindBool(param, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return s.BindInt64(param, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if v.Uint() > 1<<63-1 {
			return fmt.Errorf("%d is above the largest integer of SQLite", v.Uint())
		}
		return s.BindInt64(param, int64(v.Uint()))
	case reflect.Float32, reflect.Float64:
		return s.BindFloat(param, v.Float())
	case reflect.String:
		return s.BindText(param, v.String())
	}
	return fmt.Errorf("a %T cannot be bound; use a bool, number, string, []byte or store.At", arg)
}
