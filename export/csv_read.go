package export

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/galley-db/galley/schema"
)

// csvReader reads CSV into chunks. The header says which field is which
// column.
type csvReader struct {
	scan  *csvScanner
	in    io.Closer
	table *schema.Schema
	opts  textOptions
	from  []int // by column: its field, -1 where the file has none
	width int   // fields of a row
	lines []int64
}

// newCSVReader takes in over, except when it fails. It returns a *HeaderError
// where the header does not fit the table.
func newCSVReader(in io.ReadCloser, s *schema.Schema, opts textOptions) (*csvReader, error) {
	if opts.comma == 0 {
		opts.comma = ','
	}
	r := &csvReader{scan: newCSVScanner(in, opts.comma), in: in, table: s, opts: opts}
	header, err := readHeader(r.scan)
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
func readHeader(s *csvScanner) ([]string, error) {
	err := s.next()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it is empty, and should begin with a line of column names", ErrFormat)
	}
	if err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	var names []string
	for _, field := range s.fields() {
		names = append(names, strings.TrimSpace(string(field)))
	}
	return names, nil
}

func (r *csvReader) schema() *schema.Schema { return r.table }
func (r *csvReader) close() error           { return r.in.Close() }

// lineOf is the line of row k of the chunk filled last.
func (r *csvReader) lineOf(k int) int64 { return r.lines[k] }

func (r *csvReader) next(c *chunk) error {
	c.reset()
	r.lines = r.lines[:0]
	for !c.full() {
		err := r.scan.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var text []byte
		if err == nil {
			text = r.scan.text
			err = r.row(c)
		}
		if err != nil {
			if err := r.opts.refuse(r.scan.line, text, err); err != nil {
				return err
			}
			c.truncate(c.rows)
			continue
		}
		c.rows++
		r.lines = append(r.lines, r.scan.line)
	}
	return nil
}

// row adds the record that was scanned. After an error some of its cells may
// be in the chunk.
func (r *csvReader) row(c *chunk) error {
	fields := r.scan.fields()
	if len(fields) != r.width {
		return fmt.Errorf("%w: %d fields where the header has %d", ErrFormat, len(fields), r.width)
	}
	for i := range c.columns {
		col, v, field := &c.columns[i], &c.cells[i], r.from[i]
		switch {
		case field < 0:
			v.null()
		case !r.scan.empty(field) && (len(fields[field]) > 0 || takesEmpty(col)):
			if err := parseCell(col, v, fields[field]); err != nil {
				return err
			}
		case col.Nullable:
			v.null()
		case takesEmpty(col):
			v.blob(nil)
		default:
			return &schema.ValueError{Column: col.Name, Value: "", Err: schema.ErrNull}
		}
	}
	return nil
}

// takesEmpty tells whether an empty text is a value of the column.
func takesEmpty(col *schema.Column) bool { return col.Type == schema.Text || col.Type == schema.Blob }
