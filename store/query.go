package store

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/galley-db/galley/schema"
)

// ReadError returns an error for the first value of a row that was read as
// another type than it has, nil if there is none. Query returns the same error
// after the row. A function that passes rows on calls ReadError first, so no wrong
// row gets out. A Backend's Reader has a method Err() error for this.
func ReadError(r schema.Reader) error {
	if r, ok := r.(interface{ Err() error }); ok {
		return r.Err()
	}
	return nil
}

// TextBytes is an optional method of a Backend's Reader: the bytes of a text,
// valid until the next row, for callers that copy them and need no string.
type TextBytes interface {
	TextBytes(i int) []byte
}

// ErrQuery is returned when a query's text or arguments cannot be used.
var ErrQuery = errors.New("invalid query")

// Query runs a SELECT in plain SQL, for example a join, and returns its rows as
// structs. The statement's columns must be exactly those of V, by name (AS names
// them). A value of another type than its field is an error. A time is read in the unit
// of its column; for that of an expression, such as max(at), the field's tag names
// the unit, or the error is [ErrTimeUnit]. Rows are read on
// demand; an error comes last. The SQL runs on a connection that cannot write.
//
// Put values into args. On every backend, each ? in the SQL takes the next
// argument, $1 (or ?1) takes the first, and :name takes sql.Named("name", value). A
// slice fits only IN (?), without anything else in the parentheses, and stands for
// its elements; an empty slice matches no row, and with NOT IN every row. A []byte
// is one value. On PostgreSQL a slice elsewhere is an array. There, write the
// question mark of an operator twice (data ?? 'key'), unless the parameters are $1.
// [ErrQuery] is returned if parameters and arguments do not fit.
//
//	for row, err := range store.Query[Mean](ctx, db,
//		"SELECT region, avg(volume) AS mean FROM scan WHERE subject = ? GROUP BY region", "sub-01") {
func Query[V any](ctx context.Context, b Backend, sql string, args ...any) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		var zero V
		s, err := schema.Of[V]()
		if err != nil {
			yield(zero, fmt.Errorf("store: %w", err))
			return
		}
		binder, err := schema.Reflect[V](s)
		if err != nil {
			yield(zero, fmt.Errorf("store: %w", err))
			return
		}
		sql, args, err := Arguments(b.Dialect(), sql, args)
		if err != nil {
			yield(zero, err)
			return
		}
		stopped := false
		err = b.Query(ctx, Select{Schema: s, SQL: sql, Args: args}, func(r schema.Reader) (bool, error) {
			var row V
			err := binder.Scan(r, &row)
			if misread := ReadError(r); misread != nil {
				err = misread
			}
			if err != nil {
				return false, err
			}
			stopped = !yield(row, nil)
			return !stopped, nil
		})
		if err != nil && !stopped {
			yield(zero, err)
		}
	}
}
