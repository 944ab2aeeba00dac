package formats

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/ahead"
	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/csvrow"
	"github.com/galley-db/galley/schema"
)

// csvReader reads CSV into chunks. The header says which field is which column.
// Records are cut one after the other, and their fields are read in parallel, a
// block of records ahead of the caller for each core.
type csvReader struct {
	*CSVFields
	rows  *csvrow.Reader
	in    io.Closer
	first bool // the record that was read is a row
	ahead *ahead.Reader[csvrow.Batch[csvBlock]]
	lines []int64
}

// csvBlock is what was read of a block of records.
type csvBlock struct {
	chunk *cells.Chunk
	bad   []BadRecord // in order
}

// newCSVReader takes in over, except when it fails. It returns a *HeaderError
// where the header does not fit the table.
func newCSVReader(in io.ReadCloser, s *schema.Schema, opts TextOptions) (*csvReader, error) {
	r := &csvReader{rows: csvrow.NewReader(in, opts.Delimiter()), in: in}
	header, first, err := ReadHeader(r.rows, opts)
	if err != nil {
		return nil, err
	}
	r.first = first
	r.CSVFields, err = NewCSVFields(header, s, opts)
	return r, err
}

// ReadHeader returns the names of the fields, and whether the record that was
// read is still a row.
func ReadHeader(rows *csvrow.Reader, opts TextOptions) (names []string, first bool, err error) {
	err = rows.Next()
	if errors.Is(err, io.EOF) {
		return nil, false, fmt.Errorf("%w: it is empty; a CSV file begins with a line of column names", ErrFormat)
	}
	if errors.Is(err, csvrow.ErrQuote) {
		return nil, false, fmt.Errorf("line %d: %w", rows.Line(), err)
	}
	if err != nil {
		return nil, false, err
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

func (r *csvReader) Close() error {
	if r.ahead != nil {
		r.ahead.Stop()
	}
	return r.in.Close()
}

// LineOf is the line of row k of the chunk filled last.
func (r *csvReader) LineOf(k int) int64 { return r.lines[k] }

// Next fills c with the rows of a block. A block without a good row is skipped.
func (r *csvReader) Next(c *cells.Chunk) (err error) {
	defer recovered(&err)
	c.Reset()
	r.lines = r.lines[:0]
	if r.ahead == nil {
		r.ahead = csvrow.ReadAhead(r.rows, r.first, c.Room, func(b *csvrow.Batch[csvBlock]) {
			b.Of.chunk, b.Of.bad = r.Block(b.Of.chunk, &b.Block, b.Of.bad[:0])
		})
	}
	for c.Rows == 0 {
		b, err := r.ahead.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err // the file cannot be read any further
		}
		if err = r.hand(b); err == nil {
			c.Swap(b.Of.chunk)
		}
		r.ahead.Release(b)
		if err != nil {
			return err
		}
	}
	return nil
}

// hand reports the records of a block in their order, as if they were read one by
// one now.
func (r *csvReader) hand(b *csvrow.Batch[csvBlock]) error {
	bad := b.Of.bad
	for k := range b.Len() {
		if len(bad) > 0 && bad[0].at == k {
			if err := r.opts.Refuse(b.Line(k), b.Text(k), bad[0].err); err != nil {
				return err
			}
			bad = bad[1:]
			continue
		}
		r.lines = append(r.lines, b.Line(k))
		if r.opts.Taken != nil {
			if err := r.opts.Taken(b.Line(k), func() []byte { return b.Text(k) }); err != nil {
				return err
			}
		}
	}
	return nil
}

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
