package table

import (
	"context"
	"fmt"
	"iter"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// All returns the rows in the order of storage, as they were when the loop
// began; writers go on meanwhile. Rows are read as the loop asks for them, in
// bounded memory. An error comes last, with a zero T. Leaving the loop frees
// the connection.
func (t *Table[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return t.query(ctx, store.Select{Schema: t.schema})
}

// Where is All for the rows that meet a condition in SQL. where is the one
// text that reaches SQL as it is: values belong into args, one for each
// parameter (? on SQLite).
//
//	for row, err := range t.Where(ctx, "subject = ? AND volume > ?", "sub-01", 1000) {
func (t *Table[T]) Where(ctx context.Context, where string, args ...any) iter.Seq2[T, error] {
	return t.query(ctx, store.Select{Schema: t.schema, Where: where, Args: args})
}

func (t *Table[T]) query(ctx context.Context, q store.Select) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		stopped := false
		err := t.backend.Query(ctx, q, func(r schema.Reader) (bool, error) {
			var row T
			if err := t.binder.Scan(r, &row); err != nil {
				return false, err
			}
			stopped = !yield(row, nil)
			return !stopped, nil
		})
		if err != nil && !stopped {
			var zero T
			yield(zero, fmt.Errorf("read table %q: %w", t.Name(), err))
		}
	}
}

// countSchema is the result of a count.
var countSchema = mustSchema(schema.New("count", []schema.Column{{Name: "n", Type: schema.Int64}}))

// mustSchema is for schemas that stand in the source.
func mustSchema(s *schema.Schema, err error) *schema.Schema {
	if err != nil {
		panic(err)
	}
	return s
}

// Count returns the number of rows.
func (t *Table[T]) Count(ctx context.Context) (n int64, err error) {
	sql := "SELECT count(*) FROM " + t.backend.Dialect().Quote(t.Name())
	err = t.backend.Query(ctx, store.Select{Schema: countSchema, SQL: sql}, func(r schema.Reader) (bool, error) {
		n = r.Int64(0)
		return true, nil
	})
	if err != nil {
		return 0, fmt.Errorf("count table %q: %w", t.Name(), err)
	}
	return n, nil
}
