package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/galley-db/galley/schema"
)

var (
	// ErrNoRow is returned when a query for a single result has no row.
	ErrNoRow = errors.New("no row meets the condition")
	// ErrManyRows is returned when a query for a single result has several.
	ErrManyRows = errors.New("more than one row meets the condition")
)

// scalar is a row of one column.
type scalar[V any] struct {
	Value V `db:"value,sql=kind"`
}

// Value runs a SELECT that has one row of one column, and returns its value:
// [ErrNoRow] without a row, [ErrManyRows] with several. V is a type that a
// column can have; for a value that may be NULL it is a pointer or an sql.Null.
// A V with Value and Scan is read as its Go kind: to read it by Scan, use Query.
// For the time of an expression, such as max(at), use Query too, with a field whose
// tag names the unit.
// The arguments are those of [Query].
//
//	n, err := store.Value[int64](ctx, db, "SELECT count(*) FROM scan WHERE subject = ?", "sub-01")
func Value[V any](ctx context.Context, b Backend, sql string, args ...any) (value V, err error) {
	s, err := schema.Of[scalar[V]]()
	if err == nil && len(s.Columns()) != 1 {
		err = fmt.Errorf("%w: a %T has %d columns and Value reads one; use Query", ErrQuery, value, len(s.Columns()))
	}
	if err != nil {
		return value, fmt.Errorf("store: %w", err)
	}
	binder, err := schema.Reflect[scalar[V]](s)
	if err != nil {
		return value, fmt.Errorf("store: %w", err)
	}
	sql, args, err = Arguments(b.Dialect(), sql, args)
	if err != nil {
		return value, err
	}
	var row scalar[V]
	err = Single(ctx, b, Select{Schema: s, SQL: sql, Args: args, ByPosition: true}, func(r schema.Reader) error {
		if err := binder.Scan(r, &row); err != nil {
			return err
		}
		return ReadError(r)
	})
	if err != nil {
		return value, err
	}
	return row.Value, nil
}

// Single runs a query that must have exactly one row, and calls read for it. It
// returns [ErrNoRow] or [ErrManyRows] otherwise; then read may have been called.
func Single(ctx context.Context, b Backend, q Select, read func(schema.Reader) error) error {
	rows := 0
	err := b.Query(ctx, q, func(r schema.Reader) (bool, error) {
		if rows++; rows > 1 {
			return false, ErrManyRows
		}
		return true, read(r)
	})
	if err == nil && rows == 0 {
		err = ErrNoRow
	}
	return err
}
