package formats

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// csvReader reads CSV into chunks. The header says which field is which
// column.
type csvReader struct {
	scan  *CSVScanner
	in    io.Closer
	table *schema.Schema
	opts  TextOptions
	from  []int // by column: its field, -1 where the file has none
	width int   // fields of a row
	lines []int64
}

// newCSVReader takes in over, except when it fails. It returns a *HeaderError
// where the header does not fit the table.
func newCSVReader(in io.ReadCloser, s *schema.Schema, opts TextOptions) (*csvReader, error) {
	if opts.Comma == 0 {
		opts.Comma = ','
	}
	r := &csvReader{scan: NewCSVScanner(in, opts.Comma), in: in, table: s, opts: opts}
	header, err := ReadHeader(r.scan)
	if err != nil {
		return nil, err
	}
	r.width = len(header)
	if r.from, err = match(header, s); err != nil {
		return nil, err
	}
	return r, nil
}

// readHeader reads the names of the fields.
func ReadHeader(s *CSVScanner) ([]string, error) {
	err := s.Next()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it is empty, and should begin with a line of column names", ErrFormat)
	}
	if err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	var names []string
	for _, field := range s.Fields() {
		names = append(names, strings.TrimSpace(string(field)))
	}
	return names, nil
}

func (r *csvReader) Schema() *schema.Schema { return r.table }
func (r *csvReader) Close() error           { return r.in.Close() }

// lineOf is the line of row k of the chunk filled last.
func (r *csvReader) LineOf(k int) int64 { return r.lines[k] }

func (r *csvReader) Next(c *cells.Chunk) error {
	c.Reset()
	r.lines = r.lines[:0]
	for !c.Full() {
		err := r.scan.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var text []byte
		if err == nil {
			text = r.scan.text
			err = r.row(c)
		}
		if err != nil {
			if err := r.opts.Refuse(r.scan.line, text, err); err != nil {
				return err
			}
			c.Truncate(c.Rows)
			continue
		}
		c.Rows++
		r.lines = append(r.lines, r.scan.line)
	}
	return nil
}

// row adds the record that was scanned. After an error some of its cells may
// be in the chunk.
func (r *csvReader) row(c *cells.Chunk) error {
	fields := r.scan.Fields()
	if len(fields) != r.width {
		return fmt.Errorf("%w: %d fields where the header has %d", ErrFormat, len(fields), r.width)
	}
	for i := range c.Columns {
		col, v, field := &c.Columns[i], &c.Cells[i], r.from[i]
		switch {
		case field < 0:
			v.Null()
		case !r.scan.Empty(field) && (len(fields[field]) > 0 || takesEmpty(col)):
			if err := cells.Parse(col, v, fields[field]); err != nil {
				return err
			}
		case col.Nullable:
			v.Null()
		case takesEmpty(col):
			v.Blob(nil)
		default:
			return &schema.ValueError{Column: col.Name, Value: "", Err: schema.ErrNull}
		}
	}
	return nil
}

// takesEmpty reports whether an empty text is a value of the column.
func takesEmpty(col *schema.Column) bool { return col.Type == schema.Text || col.Type == schema.Blob }
