package batchfile

import (
	"time"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// Len is the number of rows.
func (f *File) Len() int { return len(f.Rows) }

// Records are the rows as they are: see [record.Source].
func (f *File) Records() record.Records { return f.Rows }

// Bind writes row i into w.
func (f *File) Bind(i int, w schema.Writer) error {
	cells, err := record.Parse(f.Rows[i], nil)
	if err != nil {
		return err
	}
	columns := f.Schema.Columns()
	for k, c := range cells {
		column := &columns[k]
		switch kind := c.Kind(); {
		case kind == record.Null:
			w.Null(k)
		case column.Type == schema.Bool:
			w.Bool(k, c.Int64() != 0)
		case column.Type == schema.Time:
			t, err := timeOf(column, c)
			if err != nil {
				return err
			}
			w.Time(k, t)
		case kind == record.Integer:
			w.Int64(k, c.Int64())
		case kind == record.Real:
			w.Float64(k, c.Float64())
		case kind == record.Text:
			w.Text(k, string(c.Data))
		default:
			w.Blob(k, c.Data)
		}
	}
	return nil
}

func timeOf(column *schema.Column, c record.Cell) (time.Time, error) {
	if column.Unit == schema.RFC3339 {
		return column.ParseTime(string(c.Data))
	}
	return column.TimeOf(c.Int64()), nil
}
