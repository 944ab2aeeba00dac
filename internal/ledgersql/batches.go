package ledgersql

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Batches implements store.Backend.Batches.
func Batches(ctx context.Context, b store.Backend, f store.BatchFilter) iter.Seq2[store.StoredBatch, error] {
	d := b.Dialect()
	var where conditions
	if f.Table != "" {
		where.add(d, d.Quote("table")+" = ", f.Table)
	}
	if f.Key != "" {
		where.add(d, "key = ", f.Key)
	}
	if len(f.Keys) > 0 {
		where.among(d, "key", f.Keys)
	}
	if f.Prefix != "" {
		if last := f.Prefix[len(f.Prefix)-1]; d == schema.SQLite() && last < 0x7f { // which has an index in this order
			where.add(d, "key >= ", f.Prefix)
			where.add(d, "key < ", f.Prefix[:len(f.Prefix)-1]+string(rune(last+1)))
		}
		where.add(d, fmt.Sprintf("substr(key, 1, %d) = ", utf8.RuneCountInString(f.Prefix)), f.Prefix)
	}
	q := store.Select{
		Schema: batchColumns,
		SQL: "SELECT " + d.Quote("table") + ", key, " + d.Quote("rows") + ", at FROM " + store.TableSQL(b, "galley_batches") +
			where.sql() + " ORDER BY id",
		Args: where.args,
	}
	hide := !f.Internal && f.Key == "" && len(f.Keys) == 0 && f.Prefix == ""
	return each(ctx, b, q, func(r schema.Reader) (_ store.StoredBatch, ok bool) {
		if hide && ownkey.Of(r.Text(1)) != ownkey.Caller {
			return store.StoredBatch{}, false
		}
		return store.StoredBatch{Table: strings.Clone(r.Text(0)), Key: strings.Clone(r.Text(1)), Rows: r.Int64(2), At: r.Time(3).UTC()}, true
	})
}

// Rejected implements store.Backend.Rejected for a table that has a quarantine.
func Rejected(ctx context.Context, b store.Backend, f store.RejectedFilter) iter.Seq2[store.RejectedRow, error] {
	d := b.Dialect()
	row, cause := d.Quote("row"), "error"
	if f.KeysOnly {
		row, cause = "'{}'", "''"
		if d == schema.Postgres() {
			row += "::jsonb"
		}
	}
	var where conditions
	if f.Key != "" {
		where.add(d, "key = ", f.Key)
	}
	q := store.Select{
		Schema: rejectedColumns,
		SQL: "SELECT key, " + row + " AS " + d.Quote("row") + ", " + cause + " AS error, at FROM " + store.TableSQL(b, f.Table+store.RejectsSuffix) +
			where.sql() + " ORDER BY id",
		Args: where.args,
	}
	return each(ctx, b, q, func(r schema.Reader) (store.RejectedRow, bool) {
		rejected := store.RejectedRow{At: r.Time(3).UTC()}
		if !r.IsNull(0) {
			rejected.Key = strings.Clone(r.Text(0))
		}
		if !f.KeysOnly {
			rejected.Row, rejected.Error = []byte(r.Text(1)), strings.Clone(r.Text(2))
		}
		return rejected, true
	})
}

// each runs a query and yields those of its rows for which read reports true.
func each[V any](ctx context.Context, b store.Backend, q store.Select, read func(schema.Reader) (V, bool)) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		stopped := false
		err := b.Query(ctx, q, func(r schema.Reader) (bool, error) {
			v, ok := read(r)
			if err := store.ReadError(r); err != nil {
				return false, err
			}
			if !ok {
				return true, nil
			}
			stopped = !yield(v, nil)
			return !stopped, nil
		})
		if err != nil && !stopped {
			var zero V
			yield(zero, err)
		}
	}
}

// conditions are the parts of a WHERE clause.
type conditions struct {
	parts []string
	args  []any
}

// add adds a condition that ends in a parameter.
func (c *conditions) add(d schema.Dialect, sql string, arg any) {
	c.args = append(c.args, arg)
	c.parts = append(c.parts, sql+d.Placeholder(len(c.args)))
}

// among adds the condition that a column has one of some values.
func (c *conditions) among(d schema.Dialect, column string, values []string) {
	marks := make([]string, len(values))
	for i, v := range values {
		c.args = append(c.args, v)
		marks[i] = d.Placeholder(len(c.args))
	}
	c.parts = append(c.parts, column+" IN ("+strings.Join(marks, ", ")+")")
}

func (c *conditions) sql() string {
	if len(c.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.parts, " AND ")
}

var (
	batchColumns = columns(schema.Column{Name: "table", Type: schema.Text}, schema.Column{Name: "key", Type: schema.Text},
		schema.Column{Name: "rows", Type: schema.Int64}, schema.Column{Name: "at", Type: schema.Time})
	rejectedColumns = columns(schema.Column{Name: "key", Type: schema.Text, Nullable: true}, schema.Column{Name: "row", Type: schema.JSON},
		schema.Column{Name: "error", Type: schema.Text}, schema.Column{Name: "at", Type: schema.Time})
)

// columns is the schema of a result that galley reads itself.
func columns(c ...schema.Column) *schema.Schema {
	s, err := schema.New("ledger", c)
	if err != nil {
		panic(err) // the names are constants
	}
	return s
}
