package formats

import (
	"io"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// jsonWriter writes chunks as one JSON object a line.
type jsonWriter struct {
	out   io.Writer
	buf   []byte
	names [][]byte // `{"name":` of the first column, `,"name":` of the others
}

func newJSONWriter(w io.Writer, s *schema.Schema) *jsonWriter {
	jw := &jsonWriter{out: w}
	for i, c := range s.Columns() {
		name := []byte{','}
		if i == 0 {
			name[0] = '{'
		}
		jw.names = append(jw.names, append(cells.AppendJSONText(name, c.Name), ':'))
	}
	return jw
}

func (jw *jsonWriter) Write(c *cells.Chunk) error {
	for k := range c.Rows {
		for i := range c.Cells {
			jw.buf = append(jw.buf, jw.names[i]...)
			if v := &c.Cells[i]; v.IsNull(k) {
				jw.buf = append(jw.buf, "null"...)
			} else {
				jw.buf = cells.AppendJSON(jw.buf, &c.Columns[i], v, k)
			}
		}
		jw.buf = append(jw.buf, '}', '\n')
		if len(jw.buf) > 1<<18 {
			if err := jw.Close(); err != nil {
				return err
			}
		}
	}
	return jw.Close()
}

func (jw *jsonWriter) Close() error {
	_, err := jw.out.Write(jw.buf)
	jw.buf = jw.buf[:0]
	return err
}
