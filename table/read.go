package table

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// ReadOption is an argument of Where and One other than a value: [OrderBy] or
// [Limit].
type ReadOption interface{ apply(q *store.Select) }

type readOption func(*store.Select)

func (o readOption) apply(q *store.Select) { o(q) }

// OrderBy sorts by a list of terms in SQL, such as "volume DESC, region". It
// reaches SQL unchanged.
func OrderBy(terms string) ReadOption {
	return readOption(func(q *store.Select) { q.OrderBy = terms })
}

// Limit reads at most n rows; n below 1 means all rows.
func Limit(n int64) ReadOption {
	return readOption(func(q *store.Select) { q.Limit = max(n, 0) })
}

// All returns the rows in the order of storage, in the state of the table when
// the loop began; writers continue meanwhile. Rows are read on demand, in
// bounded memory. An error comes last, with a zero row. Leaving the loop frees
// the connection, and the end of ctx stops the query.
func (r View[V]) All(ctx context.Context) iter.Seq2[V, error] {
	return r.query(ctx, store.Select{Schema: r.schema})
}

// Where is All for the rows that meet a condition in SQL. where is a text that
// reaches SQL as it is, except for its parameters. Values belong into args: one
// for each ?, a slice for IN (?), and sql.Named for each :name, on every backend;
// [store.Query] has the rules. Among args may be [OrderBy] and [Limit]. A
// time.Time is bound in the unit of the table's columns of time. If they have
// several units the error is store.ErrTimeUnit: pass [store.At] then. A value
// whose type has MarshalText and UnmarshalText is bound as that text, and others
// as their kind, as fields of the type are stored.
//
//	for row, err := range t.Where(ctx, "subject = ? AND volume > ?", "sub-01", 1000, table.Limit(10)) {
func (r View[V]) Where(ctx context.Context, where string, args ...any) iter.Seq2[V, error] {
	c, err := r.condition(where, args)
	if err != nil {
		return func(yield func(V, error) bool) {
			var zero V
			yield(zero, fmt.Errorf("read table %q where %s: %w", r.schema.Name(), where, err))
		}
	}
	q := store.Select{Schema: r.schema, Where: c.where, Args: c.values}
	for _, option := range c.options {
		option.apply(&q)
	}
	return r.query(ctx, q)
}

// One returns the one row that meets a condition. It returns ErrNoRow if no row
// does, and ErrManyRows if several do. Its arguments are those of Where. With
// OrderBy and Limit(1) it returns the first of several rows; Limit without
// OrderBy, which would choose a row by chance, changes nothing.
func (r View[V]) One(ctx context.Context, where string, args ...any) (row V, err error) {
	n := 0
	for v, err := range r.Where(ctx, where, append(slices.Clip(args), readOption(oneRow))...) {
		if err != nil {
			return row, err
		}
		if n++; n > 1 {
			var zero V
			return zero, fmt.Errorf("read table %q where %s: %w", r.schema.Name(), where, ErrManyRows)
		}
		row = v
	}
	if n == 0 {
		return row, fmt.Errorf("read table %q where %s: %w", r.schema.Name(), where, ErrNoRow)
	}
	return row, nil
}

// oneRow drops a limit that would hide a second row from One.
func oneRow(q *store.Select) {
	if q.OrderBy == "" {
		q.Limit = 0
	}
}

func (r View[V]) query(ctx context.Context, q store.Select) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		stopped := false
		var row, zero V
		err := r.backend.Query(ctx, q, func(from schema.Reader) (bool, error) {
			row = zero
			err := r.binder.Scan(from, &row)
			if misread := store.ReadError(from); misread != nil {
				err = misread
			}
			if err != nil {
				return false, err
			}
			stopped = !yield(row, nil)
			return !stopped, nil
		})
		if err != nil && !stopped {
			yield(zero, fmt.Errorf("read table %q: %w", r.schema.Name(), err))
		}
	}
}

// countSchema is the result of a count.
var countSchema = mustSchema(schema.New("count", []schema.Column{{Name: "n", Type: schema.Int64}}))

// mustSchema is for schemas written in the source.
func mustSchema(s *schema.Schema, err error) *schema.Schema {
	if err != nil {
		panic(err)
	}
	return s
}

// Count returns the number of rows in the table.
func (r View[V]) Count(ctx context.Context) (int64, error) {
	return r.CountWhere(ctx, "")
}

// CountWhere returns the number of rows that meet a condition, all if where is
// "". Its arguments are those of Where; it counts what Where returns without
// OrderBy and Limit.
func (r View[V]) CountWhere(ctx context.Context, where string, args ...any) (n int64, err error) {
	c, err := r.condition(where, args)
	if err == nil && len(c.options) > 0 {
		err = fmt.Errorf("%w: OrderBy and Limit do not fit a count", store.ErrQuery)
	}
	if err == nil {
		sql := "SELECT count(*) FROM " + store.TableSQL(r.backend, r.schema.Name())
		if c.where != "" {
			sql += " WHERE " + c.where
		}
		n, err = count(ctx, r.backend, sql, c.values...)
	}
	if err != nil {
		return 0, fmt.Errorf("count table %q: %w", r.schema.Name(), err)
	}
	return n, nil
}

// count runs a query for one number.
func count(ctx context.Context, b store.Backend, sql string, args ...any) (n int64, err error) {
	q := store.Select{Schema: countSchema, SQL: sql, Args: args, ByPosition: true}
	err = store.Single(ctx, b, q, func(row schema.Reader) error {
		n = row.Int64(0)
		return store.ReadError(row)
	})
	return n, err
}
