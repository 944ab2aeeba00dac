package table

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Delete removes the rows that meet a condition, in one transaction, and returns
// their number. The condition and args are those of [View.Where], without
// options. An empty condition is ErrQuery: for all rows, write true.
//
// Delete waits for other writers and is retried as Options.Retrier says. After an
// error nothing is removed, unless the error is ErrCommitUnknown, which Delete
// does not retry. Triggers run as usual; if one of them, or a rule of
// PostgreSQL, skips rows, nothing is removed and the error is ErrRowsLost.
// Rows that a foreign key removes with them are not counted. In a table with a
// batch column the ledger counts the rows of each batch without the removed ones.
// The keys of batches stay stored; [Table.Forget] removes them.
func (t *Table[T]) Delete(ctx context.Context, where string, args ...any) (rows int64, err error) {
	return t.core.edit(ctx, "delete from", store.Edit{}, where, args)
}

// Update sets the columns of V, in the rows that meet a condition, to the values
// of set, and returns the number of these rows, including those that had the
// values before. Each field of V must be a column of the table, by name, with the
// same type; otherwise the error is a *[MismatchError]. A value that
// cannot be stored exactly is a *[RowError]. The batch column cannot be set. The
// rest is as in [Table.Delete]: condition, promises, errors, triggers.
//
//	type grade struct{ Good bool }
//	n, err := table.Update(ctx, scans, grade{false}, "volume < ?", 100)
func Update[V, T any](ctx context.Context, t *Table[T], set V, where string, args ...any) (rows int64, err error) {
	s, err := schema.Of[V]()
	if err == nil {
		s, err = t.core.part(s, "it cannot be set from ", func(c, column *schema.Column) (schema.ChangeKind, bool) { return misreads(column, c) })
	}
	var binder schema.Binder[V]
	if err == nil {
		binder, err = schema.Reflect[V](s)
	}
	if err != nil {
		return 0, fmt.Errorf("update table %q where %s: %w", t.Name(), where, err)
	}
	return t.core.edit(ctx, "update", store.Edit{Set: s, Row: &boundRows[V]{binder, []V{set}}}, where, args)
}

// edit passes an edit to the backend, as often as the Retrier says. An unknown
// outcome is not tried again: the second attempt would count other rows.
func (c *core) edit(ctx context.Context, verb string, e store.Edit, where string, args []any) (rows int64, err error) {
	cond, err := c.condition(where, args)
	if err == nil && len(cond.options) > 0 {
		err = fmt.Errorf("%w: an edit takes no OrderBy and no Limit", store.ErrQuery)
	}
	if err == nil {
		e.Schema, e.Where, e.Args = c.schema, cond.where, cond.values
		err = c.retrier.Do(ctx, func(ctx context.Context) (err error) {
			rows, err = c.backend.Edit(ctx, e)
			return err
		}, c.backend.Retryable)
	}
	if err != nil {
		return 0, fmt.Errorf("%s table %q where %s: %w", verb, c.name(), where, err)
	}
	return rows, nil
}
