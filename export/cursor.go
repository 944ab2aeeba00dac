package export

import (
	"context"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// cursor is the rows of a query, of which the files of a dataset take one section
// after the other.
type cursor struct {
	p      *cells.Puller
	more   bool
	schema *schema.Schema
	by     []int
	at     *cells.Chunk // one row of the partition that is written
}

// newCursor goes to the first row. The caller stops the puller.
func newCursor(ctx context.Context, from store.Backend, q store.Select, by []int) (*cursor, error) {
	c := &cursor{schema: q.Schema, p: cells.Pull(ctx, cells.TableStream(from, q)), by: by, at: cells.New(q.Schema)}
	var err error
	if c.more, err = c.p.Step(); err != nil {
		c.p.Stop()
	}
	return c, err
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
				f.Chunk.Cells[i].Copy(&c.p.Cur.Cells[i], c.p.Row)
			}
			f.Chunk.Rows++
			if err := f.Advance(); err != nil {
				return err
			}
			var err error
			if c.more, err = c.p.Step(); err != nil {
				return err
			}
		}
		return nil
	}}
}
