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
	return rowsOf(ctx, r, store.Select{Schema: r.core.schema}, nil)
}

// Where is All for the rows that meet a condition in SQL. where is a text that
// reaches SQL as it is, except for its parameters. Values belong into args: one
// for each ?, a slice for IN (?), and sql.Named for each :name, on every backend;
// [store.Query] has the rules. Among args may be [OrderBy] and [Limit]. A
// time.Time is bound in the unit of the table's columns of time. If they have
// several units the error is store.ErrTimeUnit: pass [store.At] then. A value
// whose type has MarshalText and UnmarshalText is bound as that text, and others
// as their kind, as fields of the type are stored. A uint64 is bound as the columns
// of that type store it (tag option uint); beside columns of numbers in another form it is
// refused with store.ErrQuery. So is, on SQLite, a text that does not stand for a number beside a
// column of numbers or times, which would meet every row or none; [store.CheckTexts]
// says where it is found.
//
//	for row, err := range t.Where(ctx, "subject = ? AND volume > ?", "sub-01", 1000, table.Limit(10)) {
func (r View[V]) Where(ctx context.Context, where string, args ...any) iter.Seq2[V, error] {
	q, err := r.core.selected(where, args)
	return rowsOf(ctx, r, q, err)
}

// One returns the one row that meets a condition. It returns ErrNoRow if no row
// does, and ErrManyRows if several do. Its arguments are those of Where. With
// OrderBy and Limit(1) it returns the first of several rows; Limit without
// OrderBy, which would choose a row by chance, changes nothing.
func (r View[V]) One(ctx context.Context, where string, args ...any) (row V, err error) {
	err = r.core.one(ctx, where, args, func(from schema.Reader) error { return r.binder.Scan(from, &row) })
	if err != nil {
		var zero V
		return zero, err
	}
	return row, nil
}

// one scans the one row that meets a condition.
func (c *core) one(ctx context.Context, where string, args []any, scan func(schema.Reader) error) error {
	q, err := c.selected(where, append(slices.Clip(args), readOption(oneRow)))
	if err != nil {
		return err
	}
	n := 0
	err = c.read(ctx, q, scan, func() bool { n++; return n == 1 })
	switch {
	case err == nil && n == 0:
		err = ErrNoRow
	case err == nil && n > 1:
		err = ErrManyRows
	default:
		return err
	}
	return fmt.Errorf("read table %q where %s: %w", c.name(), where, err)
}

// oneRow drops a limit that would hide a second row from One.
func oneRow(q *store.Select) {
	if q.OrderBy == "" {
		q.Limit = 0
	}
}

// selected returns the query for a condition.
func (c *core) selected(where string, args []any) (store.Select, error) {
	cond, err := c.condition(where, args)
	if err != nil {
		return store.Select{}, fmt.Errorf("read table %q where %s: %w", c.name(), where, err)
	}
	q := store.Select{Schema: c.schema, Where: cond.where, Args: cond.values}
	for _, option := range cond.options {
		option.apply(&q)
	}
	return q, nil
}

// rowsOf returns the rows of a query, or only an error. As a method, Go would
// compile it for Table and its pointers, too.
func rowsOf[V any](ctx context.Context, r View[V], q store.Select, err error) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) { eachRow(ctx, r, q, err, yield) }
}

func eachRow[V any](ctx context.Context, r View[V], q store.Select, err error, yield func(V, error) bool) {
	stopped := false
	var row, zero V
	if err == nil {
		err = r.core.read(ctx, q, func(from schema.Reader) error {
			row = zero
			return r.binder.Scan(from, &row)
		}, func() bool {
			stopped = !yield(row, nil)
			return !stopped
		})
	}
	if err != nil && !stopped {
		yield(zero, err)
	}
}

// read calls scan for each row, and then use, until that returns false.
func (c *core) read(ctx context.Context, q store.Select, scan func(schema.Reader) error, use func() bool) error {
	err := c.backend.Query(ctx, q, func(from schema.Reader) (bool, error) {
		err := scan(from)
		if misread := store.ReadError(from); misread != nil {
			err = misread
		}
		return err == nil && use(), err
	})
	if err != nil {
		return fmt.Errorf("read table %q: %w", c.name(), err)
	}
	return nil
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
	return r.core.count(ctx, where, args)
}

func (c *core) count(ctx context.Context, where string, args []any) (n int64, err error) {
	cond, err := c.condition(where, args)
	if err == nil && len(cond.options) > 0 {
		err = fmt.Errorf("%w: a count takes no OrderBy and no Limit", store.ErrQuery)
	}
	if err == nil {
		sql := "SELECT count(*) FROM " + store.TableSQL(c.backend, c.name())
		if cond.where != "" {
			sql += " WHERE " + cond.where
		}
		n, err = count(ctx, c.backend, sql, cond.values...)
	}
	if err != nil {
		return 0, fmt.Errorf("count table %q: %w", c.name(), err)
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
