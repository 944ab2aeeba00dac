package relate

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Numeric reports whether the values of a column can be compared by size.
func Numeric(c *schema.Column) bool {
	switch c.Type {
	case schema.Bool, schema.Text, schema.JSON, schema.Blob, schema.Vector32, schema.Vector64, schema.Time:
		return false
	case schema.Uint64:
		return c.Uint == schema.UintInt
	}
	return true
}

// Grouping reports whether the values of a column name groups.
func Grouping(c *schema.Column) bool { return c.Type == schema.Text || c.Type == schema.Bool }

// Rows are columns of some rows of a table, in memory.
type Rows struct {
	N       int
	numbers map[string][]float64 // NaN for none; times in microseconds since 1970
	texts   map[string][]string
	labels  []string // of the columns that name a row
	names   []string // of the rows, by those columns
}

// noValue is the group of the rows without a value.
const noValue = "NULL"

// Read reads these columns of the rows of a query, and those that name a row: the
// key of the table, or its first text column.
func Read(ctx context.Context, b store.Backend, query store.Select, names ...string) (*Rows, error) {
	r := &Rows{numbers: map[string][]float64{}, texts: map[string][]string{}}
	r.labels = query.Schema.Key()
	if len(r.labels) == 0 {
		if i := slices.IndexFunc(query.Schema.Columns(), func(c schema.Column) bool { return c.Type == schema.Text }); i >= 0 {
			r.labels = []string{query.Schema.Columns()[i].Name}
		}
	}
	var columns []schema.Column
	for _, c := range query.Schema.Columns() {
		if slices.Contains(names, c.Name) || slices.Contains(r.labels, c.Name) {
			columns = append(columns, c)
		}
	}
	if len(columns) == 0 {
		return r, nil
	}
	var err error
	if query.Schema, err = schema.New(query.Schema.Name(), columns); err != nil {
		return nil, err
	}
	columns = query.Schema.Columns()
	err = b.Query(ctx, query, func(in schema.Reader) (bool, error) {
		var parts []string
		for i := range columns {
			r.take(&columns[i], in, i)
			if slices.Contains(r.labels, columns[i].Name) {
				parts = append(parts, labelOf(&columns[i], in, i))
			}
		}
		if len(parts) > 0 {
			r.names = append(r.names, strings.Join(parts, " "))
		}
		r.N++
		return true, nil
	})
	return r, err
}

func (r *Rows) take(c *schema.Column, in schema.Reader, i int) {
	null := c.Nullable && in.IsNull(i)
	if !Numeric(c) && c.Type != schema.Time {
		text := noValue
		if !null {
			text = textOf(c, in, i)
		}
		r.texts[c.Name] = append(r.texts[c.Name], text)
		return
	}
	number := math.NaN()
	switch {
	case null:
	case c.Type == schema.Float32 || c.Type == schema.Float64:
		if f := in.Float64(i); !math.IsInf(f, 0) {
			number = f
		}
	case c.Type == schema.Time:
		number = float64(in.Time(i).UnixMicro())
	default:
		number = float64(in.Int64(i))
	}
	r.numbers[c.Name] = append(r.numbers[c.Name], number)
}

func textOf(c *schema.Column, in schema.Reader, i int) string {
	switch {
	case c.Type == schema.Bool:
		return strconv.FormatBool(in.Bool(i))
	case c.Type == schema.Text || c.Type == schema.JSON || c.Type == schema.Uint64 && c.Uint == schema.UintText:
		return strings.Clone(in.Text(i))
	}
	return fmt.Sprintf("x'%x'", in.Blob(i))
}

// labelOf is a value as a part of a row's name, with each of its digits.
func labelOf(c *schema.Column, in schema.Reader, i int) string {
	if c.Type == schema.Text && !(c.Nullable && in.IsNull(i)) {
		return strings.Clone(in.Text(i))
	}
	return sheet.Text(sheet.Value(c, in, i))
}

// label names a row.
func (r *Rows) label(row int) string {
	if len(r.names) == 0 {
		return fmt.Sprintf("row %d", row+1)
	}
	return r.names[row]
}
