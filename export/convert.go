package export

import (
	"github.com/galley-db/galley/schema"
)

// converter reads the rows of a file as those of a table whose columns have
// other types, another order, or more of them.
type converter struct {
	from  decoder
	table *schema.Schema
	opts  textOptions
	place []int  // by column: its place in the file, -1 for none
	same  []bool // by column: the cells are copied as they are
	chunk *chunk // of the file
	row   int    // the next of chunk
	rows  int64  // taken so far
	lines []int64
}

// converted is d with the columns of s. It takes d over, except when it
// fails: with a *HeaderError where the columns do not fit.
func converted(d decoder, s *schema.Schema, opts textOptions) (decoder, error) {
	have := d.schema().Columns()
	names := make([]string, len(have))
	for i, c := range have {
		names[i] = c.Name
	}
	place, err := match(names, s)
	if err != nil {
		return nil, err
	}
	c := &converter{from: d, table: s, opts: opts, place: place, chunk: newChunk(d.schema())}
	for i, col := range s.Columns() {
		same := false
		if k := place[i]; k >= 0 {
			w, h := plain(col), plain(have[k])
			same = w.Type == h.Type && w.Unit == h.Unit && (w.Uint == h.Uint || w.Uint != schema.UintInt) &&
				(w.Dim == 0 || w.Dim == h.Dim)
		}
		c.same = append(c.same, same)
	}
	return c, nil
}

func (c *converter) schema() *schema.Schema { return c.table }
func (c *converter) close() error           { return c.from.close() }
func (c *converter) lineOf(k int) int64     { return c.lines[k] }

func (c *converter) next(to *chunk) error {
	to.reset()
	c.lines = c.lines[:0]
	for !to.full() {
		if c.row >= c.chunk.rows {
			if err := c.from.next(c.chunk); err != nil {
				return err
			}
			if c.row = 0; c.chunk.rows == 0 {
				return nil
			}
		}
		c.rows++
		err := c.take(to, c.row)
		c.row++
		if err != nil {
			if err := c.opts.refuse(c.rows, nil, err); err != nil {
				return err
			}
			to.truncate(to.rows)
			continue
		}
		to.rows++
		c.lines = append(c.lines, c.rows)
	}
	return nil
}

// take adds a row. After an error some of its cells may be in the chunk.
func (c *converter) take(to *chunk, row int) error {
	for i := range to.cells {
		col, v, k := &to.columns[i], &to.cells[i], c.place[i]
		if k < 0 {
			v.null()
			continue
		}
		from := &c.chunk.cells[k]
		switch {
		case from.isNull(row) && col.Nullable:
			v.null()
		case from.isNull(row):
			return &schema.ValueError{Column: col.Name, Err: schema.ErrNull}
		case v.form == asFloat && from.form == asFloat && from.floats[row] != from.floats[row]:
			null, err := col.CheckFloat(from.floats[row])
			if err != nil {
				return err
			}
			if null {
				v.null()
			}
		case c.same[i]:
			v.copy(from, row)
		default:
			// By way of text, which says of each type what it takes.
			text := appendCell(nil, &c.chunk.columns[k], from, row)
			if err := parseCell(col, v, text); err != nil {
				return err
			}
		}
	}
	return nil
}
