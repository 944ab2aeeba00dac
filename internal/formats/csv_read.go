package formats

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/csvrow"
	"github.com/galley-db/galley/schema"
)

// csvReader reads CSV into chunks. The header says which field is which
// column.
type csvReader struct {
	rows  *csvrow.Reader
	in    io.Closer
	table *schema.Schema
	opts  TextOptions
	from  []int     // by column: its field, -1 where the file has none
	fixed []*string // by column: the text that it has in every row
	width int       // fields of a row
	first bool      // the record that was read is a row
	lines []int64
}

// newCSVReader takes in over, except when it fails. It returns a *HeaderError
// where the header does not fit the table.
func newCSVReader(in io.ReadCloser, s *schema.Schema, opts TextOptions) (*csvReader, error) {
	r := &csvReader{rows: csvrow.NewReader(in, opts.Delimiter()), in: in, table: s, opts: opts}
	header, first, err := ReadHeader(r.rows, opts)
	if err != nil {
		return nil, err
	}
	r.width, r.first = len(header), first
	r.from, r.fixed, err = match(header, s, opts)
	return r, err
}

// ReadHeader returns the names of the fields, and whether the record that was
// read is still a row.
func ReadHeader(rows *csvrow.Reader, opts TextOptions) (names []string, first bool, err error) {
	err = rows.Next()
	if errors.Is(err, io.EOF) {
		return nil, false, fmt.Errorf("%w: it is empty; a CSV file begins with a line of column names", ErrFormat)
	}
	if err != nil {
		return nil, false, fmt.Errorf("line 1: %w", err)
	}
	for i, field := range rows.Fields() {
		name := string(field)
		if !rows.Quoted(i) {
			name = strings.TrimSpace(name)
		}
		if name == "" || opts.NoHeader { // pandas leaves the index without a name
			name = fmt.Sprintf("column_%d", i+1)
		}
		names = append(names, opts.Renamed(name))
	}
	return names, opts.NoHeader, nil
}

func (r *csvReader) Schema() *schema.Schema { return r.table }
func (r *csvReader) Close() error           { return r.in.Close() }

// lineOf is the line of row k of the chunk filled last.
func (r *csvReader) LineOf(k int) int64 { return r.lines[k] }

func (r *csvReader) Next(c *cells.Chunk) error {
	c.Reset()
	r.lines = r.lines[:0]
	for !c.Full() {
		err := error(nil)
		if !r.first {
			err = r.rows.Next()
		}
		r.first = false
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err == nil:
			err = r.row(c)
		case !errors.Is(err, csvrow.ErrQuote):
			return err // the file cannot be read any further
		}
		if err != nil {
			if err := r.opts.Refuse(r.rows.Line(), r.rows.Text(), err); err != nil {
				return err
			}
			c.Truncate(c.Rows)
			continue
		}
		c.Rows++
		r.lines = append(r.lines, r.rows.Line())
		if r.opts.Taken != nil {
			if err := r.opts.Taken(r.rows.Line(), r.rows.Text); err != nil {
				return err
			}
		}
	}
	return nil
}

// row adds the record that was read. After an error some of its cells may be
// in the chunk.
func (r *csvReader) row(c *cells.Chunk) error {
	fields := r.rows.Fields()
	if err := CheckWidth(len(fields), r.width); err != nil {
		return err
	}
	for i := range c.Columns {
		col, v, field := &c.Columns[i], &c.Cells[i], r.from[i]
		switch {
		case field < 0:
			if err := absent(col, v, r.fixed[i]); err != nil {
				return err
			}
		case len(fields) == 1 && len(fields[0]) == 0 && col.Nullable: // quotes keep the line from being skipped
			v.Null()
		case !r.opts.Null(fields[field], r.rows.Quoted(field), takesEmpty(col)):
			if err := cells.Parse(col, v, fields[field]); err != nil {
				return err
			}
		case col.Nullable:
			v.Null()
		case takesEmpty(col) && len(fields[field]) == 0:
			v.Blob(nil)
		default:
			return &schema.ValueError{Column: col.Name, Value: string(fields[field]), Err: schema.ErrNull}
		}
	}
	return nil
}

// CheckWidth returns an error for a row of CSV with another number of fields than
// the header.
func CheckWidth(fields, header int) error {
	if fields != header {
		return rowError(fmt.Sprintf("%d fields where the header has %d", fields, header))
	}
	return nil
}

// absent adds the value of a column that the file does not have.
func absent(col *schema.Column, v *cells.Cells, text *string) error {
	if text != nil {
		return cells.Parse(col, v, []byte(*text))
	}
	if col.Batch { // the store fills it in
		v.Blob(nil)
		return nil
	}
	v.Null()
	return nil
}

// takesEmpty reports whether an empty text is a value of the column.
func takesEmpty(col *schema.Column) bool { return col.Type == schema.Text || col.Type == schema.Blob }

// Null reports whether a field stands for NULL. Quotes make a text of what is
// in them, in a column of text.
func (o *TextOptions) Null(field []byte, quoted, text bool) bool {
	if quoted && text {
		return false
	}
	return len(field) == 0 || len(o.Nulls) > 0 && slices.Contains(o.Nulls, cells.View(field))
}

func (o *TextOptions) Delimiter() byte {
	if o.Comma == 0 {
		return ','
	}
	return o.Comma
}
