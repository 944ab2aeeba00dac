package formats

import (
	"bytes"
	"errors"
	"io"

	"github.com/galley-db/galley/internal/cells"
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
		header = AppendCSV(header, []byte(c.Name))
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
			t.buf = AppendCSV(t.buf, v.At(k))
		case v.Form == cells.AsBytes:
			t.cell = cells.AppendText(t.cell[:0], col, v, k)
			t.buf = AppendCSV(t.buf, t.cell)
		default:
			t.buf = cells.AppendText(t.buf, col, v, k)
		}
	}
	t.buf = append(t.buf, '\n')
	return nil
}

// AppendCSV adds a field of CSV, quoted where it must be. An empty one is, so that
// it is no NULL; so is one that begins with what some programs take for a
// byte-order mark.
func AppendCSV(dst, field []byte) []byte {
	if len(field) > 0 && !special(field) && field[0] != ' ' && field[len(field)-1] != ' ' && field[0] != 0xef {
		return append(dst, field...)
	}
	dst = append(dst, '"')
	for {
		n := bytes.IndexByte(field, '"')
		if n < 0 {
			break
		}
		dst = append(append(dst, field[:n]...), `""`...)
		field = field[n+1:]
	}
	return append(append(dst, field...), '"')
}

// special reports whether a field has a comma, a quote or a line end. One look at
// each byte beats a search for each of the four in the short fields that most are.
func special(field []byte) bool {
	for _, c := range field {
		if c <= ',' && (c == ',' || c == '"' || c == '\n' || c == '\r') {
			return true
		}
	}
	return false
}
