package formats

import (
	"bytes"
	"errors"
	"io"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// csvWriter writes chunks as CSV.
type csvWriter struct {
	out  io.Writer
	buf  []byte
	cell []byte
}

// errEmptyOrNull is returned for an empty text in a table of one column.
var errEmptyOrNull = errors.New("CSV of one column that may be NULL cannot hold an empty value beside NULL; write Parquet or JSON Lines")

func newCSVWriter(w io.Writer, s *schema.Schema) (*csvWriter, error) {
	cw := &csvWriter{out: w}
	for i, c := range s.Columns() {
		if i > 0 {
			cw.buf = append(cw.buf, ',')
		}
		cw.buf = appendField(cw.buf, []byte(c.Name))
	}
	cw.buf = append(cw.buf, '\n')
	return cw, cw.flush()
}

func (cw *csvWriter) Write(c *cells.Chunk) error {
	for k := range c.Rows {
		for i := range c.Cells {
			if i > 0 {
				cw.buf = append(cw.buf, ',')
			}
			col, v := &c.Columns[i], &c.Cells[i]
			switch {
			case v.IsNull(k) && len(c.Cells) == 1: // most readers skip an empty line
				cw.buf = append(cw.buf, `""`...)
			case v.IsNull(k):
			case len(c.Cells) == 1 && col.Nullable && v.Form == cells.AsBytes && len(v.At(k)) == 0 && takesEmpty(col):
				return &schema.ValueError{Column: col.Name, Value: "", Err: errEmptyOrNull}
			case v.Form == cells.AsBytes:
				cw.cell = cells.AppendText(cw.cell[:0], col, v, k)
				cw.buf = appendField(cw.buf, cw.cell)
			default:
				cw.buf = cells.AppendText(cw.buf, col, v, k)
			}
		}
		cw.buf = append(cw.buf, '\n')
		if len(cw.buf) > 1<<18 {
			if err := cw.flush(); err != nil {
				return err
			}
		}
	}
	return cw.flush()
}

func (cw *csvWriter) flush() error {
	_, err := cw.out.Write(cw.buf)
	cw.buf = cw.buf[:0]
	return err
}

func (cw *csvWriter) Close() error { return cw.flush() }

// appendField adds a field, quoted where it must be. An empty one is, so that
// it is no NULL; so is one that begins with what some programs take for a
// byte-order mark.
func appendField(dst, field []byte) []byte {
	if len(field) > 0 && !bytes.ContainsAny(field, "\",\r\n") && field[0] != ' ' && field[len(field)-1] != ' ' && field[0] != 0xef {
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
