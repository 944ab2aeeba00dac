package export

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// cursor is the rows of a query, of which the files of a dataset take one section
// after the other.
type cursor struct {
	p      *cells.Puller
	more   bool
	schema *schema.Schema // of the files, which begins with the columns of the table
	by     []int
	at     *cells.Chunk // one row of the partition that is written
	order  []int        // the columns that order the rows, nil where the order does not matter
	last   *cells.Chunk // the row before, where the next one is in another chunk
}

// newCursor goes to the first row. The caller stops the puller.
func newCursor(ctx context.Context, from store.Backend, q store.Select, columns *schema.Schema, by, order []int) (*cursor, error) {
	c := &cursor{schema: columns, p: cells.Pull(ctx, cells.TableStream(from, q)), by: by, at: cells.New(q.Schema), order: order, last: cells.New(q.Schema)}
	var err error
	if c.more, err = c.p.Step(); err != nil {
		c.p.Stop()
	}
	return c, err
}

// step goes to the next row. One that lies before the last row, as where the database
// orders text by other rules, would go into another file than the one that has its
// key.
func (c *cursor) step() (err error) {
	last, row := c.p.Cur, c.p.Row
	if row == last.Rows-1 { // the chunk is taken back
		keep(c.last, last, row)
		last, row = c.last, 0
	}
	if c.more, err = c.p.Step(); err != nil || !c.more {
		return err
	}
	if compareRows(last, row, c.p.Cur, c.p.Row, c.order) > 0 {
		return fmt.Errorf("table %q: %w", c.schema.Name(), errOrder)
	}
	return nil
}

// enter makes the partition of the next row the one that is written.
func (c *cursor) enter() { keep(c.at, c.p.Cur, c.p.Row) }

// inside reports whether the next row is in the partition that is written.
func (c *cursor) inside() bool {
	return c.more && (len(c.by) == 0 || compareRows(c.at, 0, c.p.Cur, c.p.Row, c.by) == 0)
}

// section is the next rows of the partition, as long as takes is true. It can be
// read once.
func (c *cursor) section(takes func(taken int64) bool) cells.Stream {
	return cells.Stream{Schema: c.schema, Run: func(_ context.Context, f *cells.Feeder) error {
		for taken := int64(0); c.inside() && takes(taken); taken++ {
			for i := range f.Chunk.Cells {
				if i < len(c.p.Cur.Cells) {
					f.Chunk.Cells[i].Copy(&c.p.Cur.Cells[i], c.p.Row)
				} else {
					f.Chunk.Cells[i].Null()
				}
			}
			f.Chunk.Rows++
			if err := f.Advance(); err != nil {
				return err
			}
			if err := c.step(); err != nil {
				return err
			}
		}
		return nil
	}}
}
