package formats

import (
	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// converter reads the rows of a file as those of a table whose columns have
// other types, another order, or more of them.
type converter struct {
	from  Decoder
	table *schema.Schema
	opts  TextOptions
	place []int        // by column: its place in the file, -1 for none
	same  []bool       // by column: the cells are copied as they are
	chunk *cells.Chunk // of the file
	row   int          // the next of chunk
	rows  int64        // taken so far
	lines []int64
}

// converted is d with the columns of s. It takes d over, except when it
// fails: with a *HeaderError where the columns do not fit.
func Convert(d Decoder, s *schema.Schema, opts TextOptions) (Decoder, error) {
	have := d.Schema().Columns()
	names := make([]string, len(have))
	for i, c := range have {
		names[i] = c.Name
	}
	place, err := match(names, s)
	if err != nil {
		return nil, err
	}
	c := &converter{from: d, table: s, opts: opts, place: place, chunk: cells.New(d.Schema())}
	for i, col := range s.Columns() {
		same := false
		if k := place[i]; k >= 0 {
			w, h := cells.Plain(col), cells.Plain(have[k])
			same = w.Type == h.Type && w.Unit == h.Unit && (w.Uint == h.Uint || w.Uint != schema.UintInt) &&
				(w.Dim == 0 || w.Dim == h.Dim)
		}
		c.same = append(c.same, same)
	}
	return c, nil
}

func (c *converter) Schema() *schema.Schema { return c.table }
func (c *converter) Close() error           { return c.from.Close() }
func (c *converter) LineOf(k int) int64     { return c.lines[k] }

func (c *converter) Next(to *cells.Chunk) error {
	to.Reset()
	c.lines = c.lines[:0]
	for !to.Full() {
		if c.row >= c.chunk.Rows {
			if err := c.from.Next(c.chunk); err != nil {
				return err
			}
			if c.row = 0; c.chunk.Rows == 0 {
				return nil
			}
		}
		c.rows++
		err := c.take(to, c.row)
		c.row++
		if err != nil {
			if err := c.opts.Refuse(c.rows, nil, err); err != nil {
				return err
			}
			to.Truncate(to.Rows)
			continue
		}
		to.Rows++
		c.lines = append(c.lines, c.rows)
	}
	return nil
}

// take adds a row. After an error some of its cells may be in the chunk.
func (c *converter) take(to *cells.Chunk, row int) error {
	for i := range to.Cells {
		col, v, k := &to.Columns[i], &to.Cells[i], c.place[i]
		if k < 0 {
			v.Null()
			continue
		}
		from := &c.chunk.Cells[k]
		switch {
		case from.IsNull(row) && col.Nullable:
			v.Null()
		case from.IsNull(row):
			return &schema.ValueError{Column: col.Name, Err: schema.ErrNull}
		case v.Form == cells.AsFloat && from.Form == cells.AsFloat && from.Floats[row] != from.Floats[row]:
			null, err := col.CheckFloat(from.Floats[row])
			if err != nil {
				return err
			}
			if null {
				v.Null()
			}
		case c.same[i]:
			v.Copy(from, row)
		default:
			// By way of text, which says of each type what it takes.
			text := cells.AppendText(nil, &c.chunk.Columns[k], from, row)
			if err := cells.Parse(col, v, text); err != nil {
				return err
			}
		}
	}
	return nil
}
