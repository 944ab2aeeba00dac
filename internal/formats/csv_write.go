package formats

import (
	"errors"
	"io"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/csvrow"
	"github.com/galley-db/galley/schema"
)

// errEmptyOrNull is returned for an empty text in a table of one column.
var errEmptyOrNull = errors.New("CSV of one column that may be NULL cannot hold an empty value beside NULL; write Parquet or JSON Lines")

// newCSVWriter returns an Encoder of CSV, and writes the header.
func newCSVWriter(w io.Writer, s *schema.Schema) (*rowsWriter, error) {
	var header []byte
	for i, c := range s.Columns() {
		if i > 0 {
			header = append(header, ',')
		}
		header = csvrow.AppendField(header, []byte(c.Name))
	}
	if _, err := w.Write(append(header, '\n')); err != nil {
		return nil, err
	}
	return newRowsWriter(w, csvRow), nil
}

// csvRow adds row k of a chunk.
func csvRow(t *rowText, c *cells.Chunk, k int) error {
	for i := range c.Cells {
		if i > 0 {
			t.buf = append(t.buf, ',')
		}
		col, v := &c.Columns[i], &c.Cells[i]
		switch {
		case v.IsNull(k) && len(c.Cells) == 1: // most readers skip an empty line
			t.buf = append(t.buf, `""`...)
		case v.IsNull(k):
		case len(c.Cells) == 1 && col.Nullable && v.Form == cells.AsBytes && len(v.At(k)) == 0 && TakesEmpty(col):
			return &schema.ValueError{Column: col.Name, Value: "", Err: errEmptyOrNull}
		case col.Type == schema.Text:
			t.buf = csvrow.AppendField(t.buf, v.At(k))
		case v.Form == cells.AsBytes:
			t.cell = cells.AppendText(t.cell[:0], col, v, k)
			t.buf = csvrow.AppendField(t.buf, t.cell)
		default:
			t.buf = cells.AppendText(t.buf, col, v, k)
		}
	}
	t.buf = append(t.buf, '\n')
	return nil
}
