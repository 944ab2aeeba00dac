package sheet

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// Rows are rows to print, whose types may differ from row to row.
type Rows struct {
	Columns []schema.Column // Type is 0 if a column does not come from a table
	each    func(ctx context.Context, row func([]any) error) error
}

// List returns the rows that each passes to row, for columns of these names.
func List(names []string, each func(ctx context.Context, row func([]any) error) error) *Rows {
	r := &Rows{each: each}
	for _, name := range names {
		r.Columns = append(r.Columns, schema.Column{Name: name})
	}
	return r
}

// Query prepares a SELECT, without running it.
func Query(ctx context.Context, db *sqlite.DB, sql string, args ...any) (*Rows, error) {
	sql = strings.TrimRight(strings.TrimSpace(sql), "; \t\r\n")
	if sql == "" {
		return nil, errors.New("the SQL is empty; give a SELECT")
	}
	columns, err := db.Shape(ctx, sql)
	if err != nil {
		return nil, err
	}
	// Columns of a result may share a name, and a value's type is only known
	// when it exists: both are asked for under names of our own.
	quote := schema.SQLite().Quote
	var names, list []string
	var wanted []schema.Column
	for i := range columns {
		value, kind := fmt.Sprintf("v%d", i), fmt.Sprintf("t%d", i)
		names = append(names, quote(value))
		list = append(list, quote(value), "typeof("+quote(value)+") AS "+quote(kind))
		v := columns[i]
		v.Name, v.Nullable = value, true
		if v.Type == 0 {
			v.Type = schema.Blob
		}
		wanted = append(wanted, v, schema.Column{Name: kind, Type: schema.Text})
	}
	s, err := schema.New("result", wanted)
	if err != nil {
		return nil, err
	}
	text := "WITH result(" + strings.Join(names, ", ") + ") AS (" + sql + "\n) SELECT " + strings.Join(list, ", ") + " FROM result"
	query := store.Select{Schema: s, SQL: text, Args: args}
	return &Rows{columns, func(ctx context.Context, row func([]any) error) error {
		values := make([]any, len(columns))
		return db.Query(ctx, query, func(in schema.Reader) (bool, error) {
			for i := range columns {
				values[i] = read(&query.Schema.Columns()[2*i], columns[i].Type != 0, in, 2*i)
			}
			return true, row(values)
		})
	}}, nil
}

// Each runs the query and calls row with the values of each row: nil, bool,
// int64, uint64, float32, float64, string, []byte, time.Time, time.Duration,
// json.RawMessage, []float32 or []float64. The slice is used again for the next.
func (r *Rows) Each(ctx context.Context, row func([]any) error) error { return r.each(ctx, row) }
