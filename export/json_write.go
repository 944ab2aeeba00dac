package export

import (
	"io"

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
		jw.names = append(jw.names, append(appendJSONText(name, c.Name), ':'))
	}
	return jw
}

func (jw *jsonWriter) write(c *chunk) error {
	for k := range c.rows {
		for i := range c.cells {
			jw.buf = append(jw.buf, jw.names[i]...)
			if v := &c.cells[i]; v.isNull(k) {
				jw.buf = append(jw.buf, "null"...)
			} else {
				jw.buf = appendJSON(jw.buf, &c.columns[i], v, k)
			}
		}
		jw.buf = append(jw.buf, '}', '\n')
		if len(jw.buf) > 1<<18 {
			if err := jw.close(); err != nil {
				return err
			}
		}
	}
	return jw.close()
}

func (jw *jsonWriter) close() error {
	_, err := jw.out.Write(jw.buf)
	jw.buf = jw.buf[:0]
	return err
}
