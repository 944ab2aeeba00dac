package export

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// distributed is a backend that spreads tables over servers by a column that
// holds a batch's key.
type distributed interface{ DistributeBy() string }

// byBatch tells that the rows of a table must be copied batch by batch: where
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
	numbered, err := c.numbered(ctx, s.Name())
	if err != nil {
		return 0, err
	}
	var sum bag
	room := max(c.opts.BatchRows/chunkRows(len(s.Columns())), 1)
	send := c.sender(ctx, 8)
	p := send.part()
	var own *chunk // the last of p, which fills
	key := ""
	flush := func() error {
		if own != nil && own.rows > 0 {
			p.add(own, nil)
		}
		own = nil
		full := p
		if full.rows == 0 {
			return nil
		}
		defer func() { p = send.part() }()
		switch {
		case key == "" && name == c.to.(distributed).DistributeBy():
			send.give(full)
			return &CopyError{Table: s.Name(), Reason: fmt.Sprintf("it has rows without a key in the column %q, by which the copy is to be distributed; "+
				"give them one, or distribute by a column of another name", name)}
		case key != "":
			return send.send(s, key, full)
		}
		var content bag
		for _, ch := range full.chunks {
			content.add(ch)
		}
		return numbered.send(send, into, content.sum, full)
	}
	order := c.from.Dialect().Quote(name)
	err = tableStream(c.from, store.Select{Schema: s, OrderBy: order}).each(ctx, func(ch *chunk) error {
		sum.add(ch)
		t.Rows += int64(ch.rows)
		c.progress(CopyProgress{Table: s.Name(), Step: "copy", Rows: t.Rows, Total: total})
		for i := range ch.rows {
			if its := string(ch.cells[at].at(i)); its != key { // NULL has no bytes
				if err := flush(); err != nil {
					return err
				}
				key = its
			}
			if own == nil {
				own = p.room(s)
				own.reset()
			}
			for k := range ch.cells {
				own.cells[k].copy(&ch.cells[k], i)
			}
			if own.rows++; !own.full() {
				continue
			}
			if p.add(own, nil); key == "" && len(p.chunks) >= room {
				own = nil
				if err := flush(); err != nil {
					return err
				}
			}
			own = nil
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	return sum.sum, send.finish(t, err)
}
