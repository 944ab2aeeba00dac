package formats

import (
	"io"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// newJSONWriter returns an Encoder of one JSON object a line.
func newJSONWriter(w io.Writer, s *schema.Schema) *rowsWriter {
	var names [][]byte // `{"name":` of the first column, `,"name":` of the others
	for i, c := range s.Columns() {
		name := []byte{','}
		if i == 0 {
			name[0] = '{'
		}
		names = append(names, append(cells.AppendJSONText(name, c.Name), ':'))
	}
	return newRowsWriter(w, func(t *rowText, c *cells.Chunk, k int) error {
		for i := range c.Cells {
			t.buf = append(t.buf, names[i]...)
			if v := &c.Cells[i]; v.IsNull(k) {
				t.buf = append(t.buf, "null"...)
			} else {
				t.buf = cells.AppendJSON(t.buf, &c.Columns[i], v, k)
			}
		}
		t.buf = append(t.buf, '}', '\n')
		return nil
	})
}
