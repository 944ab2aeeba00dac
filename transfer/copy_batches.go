package transfer

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// distributed is a backend that spreads tables over servers by a column that
// holds a batch's key.
type distributed interface{ DistributeBy() string }

// byBatch reports that the rows of a table must be copied batch by batch: where
// tables are spread over servers, the rows of a batch and its mark are on one.
func (c *copying) byBatch(s *schema.Schema) bool {
	d, ok := c.to.(distributed)
	return ok && d.DistributeBy() != "" && s.Batch() >= 0
}

// batches copies the rows batch by batch, each under its own key, and returns
// the sum of them. Rows without a key come in batches of a copy's own.
func (c *copying) batches(ctx context.Context, s *schema.Schema, t *CopiedTable, total int64) (uint64, error) {
	at := s.Batch()
	name := s.Columns()[at].Name
	into, err := schema.New(s.Name(), withoutBatch(s.Columns()))
	if err != nil {
		return 0, err
	}
	numbered, err := c.numbered(ctx, s.Name(), ownkey.Copy)
	if err != nil {
		return 0, err
	}
	var sum cells.Bag
	room := max(c.opts.BatchRows/cells.RowsOf(len(s.Columns())), 1)
	send := c.sender(ctx, 8)
	f := &partFiller{schema: s, part: send.part()}
	key := ""
	flush := func() error {
		full := f.finish()
		if full.Rows == 0 {
			return nil
		}
		defer func() { f.part = send.part() }()
		switch {
		case key == "" && name == c.to.(distributed).DistributeBy():
			send.give(full)
			return &CopyError{Table: s.Name(), Reason: fmt.Sprintf("it has rows without a key in the column %q, by which the copy is to be distributed; "+
				"give them one, or distribute by a column of another name", name)}
		case key != "":
			return send.send(s, key, full)
		}
		var content cells.Bag
		for _, ch := range full.Chunks {
			content.Add(ch)
		}
		return numbered.send(send, into, content.Sum, full)
	}
	order := c.from.Dialect().Quote(name)
	err = cells.TableStream(c.from, store.Select{Schema: s, OrderBy: order}).Each(ctx, func(ch *cells.Chunk) error {
		sum.Add(ch)
		t.Rows += int64(ch.Rows)
		c.progress(CopyProgress{Table: s.Name(), Step: "copy", Rows: t.Rows, Total: total})
		for i := range ch.Rows {
			if its := string(ch.Cells[at].At(i)); its != key { // NULL has no bytes
				if err := flush(); err != nil {
					return err
				}
				key = its
			}
			f.add(ch, i)
			if key == "" && (len(f.part.Chunks) >= room || f.part.Bytes >= batchBytes) {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	return sum.Sum, send.finish(t, err)
}
