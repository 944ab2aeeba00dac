package formats

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/csvrow"
	"github.com/galley-db/galley/schema"
)

// CSVFields reads the fields of records into the columns of a table. Several
// goroutines may use it at once.
type CSVFields struct {
	table *schema.Schema
	opts  TextOptions
	from  []int     // by column: its field, -1 where the file has none
	fixed []*string // by column: the text that it has in every row
	width int       // fields of a row

	sizes []atomic.Int64 // by column: the bytes of its values in a block that was read
}

// NewCSVFields returns a *HeaderError where the header does not fit the table.
func NewCSVFields(header []string, s *schema.Schema, opts TextOptions) (*CSVFields, error) {
	r := &CSVFields{table: s, opts: opts, width: len(header), sizes: make([]atomic.Int64, len(s.Columns()))}
	var err error
	r.from, r.fixed, err = match(header, s, opts)
	return r, err
}

// BadRecord is the place of a record in its block, and what is wrong with it.
type BadRecord struct {
	at  int
	err error
}

// Block fills c, which may be nil, with the records of a block, and adds those that
// are not rows to bad.
func (r *CSVFields) Block(c *cells.Chunk, b *csvrow.Block, bad []BadRecord) (*cells.Chunk, []BadRecord) {
	if c == nil {
		c = cells.New(r.table)
	}
	c.Reset()
	c.Grow(b.Len())
	for i := range c.Cells {
		// The values of the next block take about as much.
		v, most := &c.Cells[i], int64(4<<20)
		v.Bytes = slices.Grow(v.Bytes, int(min(r.sizes[i].Load(), most)))
	}
	for k := range b.Len() {
		err := b.Err(k)
		if err == nil {
			err = r.row(c, b, k)
		}
		if err != nil {
			bad = append(bad, BadRecord{k, err})
			c.Truncate(c.Rows)
			continue
		}
		c.Rows++
	}
	for i := range c.Cells {
		n := int64(len(c.Cells[i].Bytes))
		r.sizes[i].Store(n + n/32)
	}
	return c, bad
}

// row adds a record. After an error some of its cells may be in the chunk.
func (r *CSVFields) row(c *cells.Chunk, b *csvrow.Block, k int) error {
	fields := b.Fields(k)
	width := fields.Len()
	if err := CheckWidth(width, r.width); err != nil {
		return err
	}
	for i := range c.Columns {
		col, v := &c.Columns[i], &c.Cells[i]
		if r.from[i] < 0 {
			if err := absent(col, v, r.fixed[i]); err != nil {
				return err
			}
			continue
		}
		field, quoted := fields.At(r.from[i])
		switch {
		case width == 1 && len(field) == 0 && col.Nullable: // quotes keep the line from being skipped
			v.Null()
		case !r.opts.Null(field, quoted, TakesEmpty(col)):
			if err := cells.Parse(col, v, field); err != nil {
				return err
			}
		case col.Nullable:
			v.Null()
		case TakesEmpty(col) && len(field) == 0:
			v.Blob(nil)
		default:
			return &schema.ValueError{Column: col.Name, Value: string(field), Err: schema.ErrNull}
		}
	}
	return nil
}

// CheckWidth returns an error for a row of CSV with another number of fields than
// the header.
func CheckWidth(fields, header int) error {
	if fields >= csvrow.MaxFields {
		return rowError(fmt.Sprintf("%d fields or more where the header has %d", fields, header))
	}
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

// TakesEmpty reports whether an empty text is a value of the column.
func TakesEmpty(col *schema.Column) bool { return col.Type == schema.Text || col.Type == schema.Blob }
