package transfer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/store"
)

// batches moves the rows of the fresh batches, whole batches in a transaction.
func (u *merge) batches(ctx context.Context) error {
	if len(u.fresh) == 0 {
		return nil
	}
	open := make(map[string]store.StoredBatch, len(u.fresh))
	for _, b := range u.fresh {
		open[b.Key] = b
	}
	where, args := u.isOf(u.fresh)
	q := store.Select{Schema: u.into, Where: where, Args: anys(args), OrderBy: u.batchColumn() + ", " + u.rowid()}
	p, keys, key := &partFiller{schema: u.into, part: &formats.Part{}}, []store.StoredBatch(nil), ""
	flush := func() error {
		if len(keys) == 0 {
			return nil
		}
		err := u.insert(ctx, p.finish(), &store.Carried{Batches: keys, Rejected: u.rejectedOf(keys)})
		keys = nil
		p.part.Reset()
		return err
	}
	err := cells.TableStream(u.src.db, q).Each(ctx, func(c *cells.Chunk) error {
		for i := range c.Rows {
			if its := string(c.Cells[u.schema.Batch()].At(i)); its != key {
				if p.full(u.m.opts.BatchRows) {
					if err := flush(); err != nil {
						return err
					}
				}
				key = its
				keys = append(keys, open[key])
				delete(open, key)
			}
			p.add(c, i)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, b := range u.fresh {
		if _, left := open[b.Key]; left { // without rows
			keys = append(keys, b)
		}
	}
	return flush()
}

// rows moves the plain rows, in their order. The keys that go with them are stored
// with the first: if the merge is killed, the next goes on behind the last.
func (u *merge) rows(ctx context.Context) error {
	sum := u.last.Sum
	if u.from == 0 {
		sum = 0
	}
	at, first := u.from, true
	p := &partFiller{schema: u.into, part: &formats.Part{}}
	var bag cells.Bag
	flush := func(whole bool) error {
		next := u.step(at, sum, whole)
		carried := &store.Carried{}
		plain := int64(p.rows())
		if first {
			carried.Batches = slices.Clone(u.news)
			carried.Rejected = u.rejectedOf(append(slices.Clone(u.news), store.StoredBatch{}))
			for _, b := range u.news {
				plain -= b.Rows
			}
		}
		first = false
		carried.Batches = append(carried.Batches, next.entries(u.src.id, u.base(), max(plain, 0), time.Now())...)
		err := u.insert(ctx, p.finish(), carried)
		u.last = next
		p.part.Reset()
		return err
	}
	q := u.plainRows()
	if u.from > 0 {
		after, err := u.rowidOf(ctx, u.from-1)
		if err != nil {
			return err
		}
		if q.Where != "" {
			q.Where += " AND "
		}
		q.Where += fmt.Sprintf("%s > %d", u.rowid(), after)
	}
	err := cells.TableStream(u.src.db, q).Each(ctx, func(c *cells.Chunk) error {
		for i := range c.Rows {
			if p.full(u.m.opts.BatchRows) {
				if err := flush(false); err != nil {
					return err
				}
			}
			if len(u.schema.Key()) == 0 {
				sum = 0
			}
			sum += bag.Named(c, i)
			at++
			p.add(c, i)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush(true)
}

// replaceBatch puts a batch of the source in the place of the destination's.
func (u *merge) replaceBatch(ctx context.Context, b store.StoredBatch) error {
	p := &partFiller{schema: u.schema, part: &formats.Part{}}
	where, args := u.isOf([]store.StoredBatch{b})
	q := store.Select{Schema: u.schema, Where: where, Args: anys(args), OrderBy: u.rowid()}
	err := cells.TableStream(u.src.db, q).Each(ctx, func(c *cells.Chunk) error {
		for i := range c.Rows {
			p.add(c, i)
		}
		return nil
	})
	if err != nil {
		return err
	}
	batch := &store.Batch{Schema: u.schema, Mode: u.mode(), Rows: p.finish(), Key: b.Key, At: b.At, Replace: true,
		Carried: &store.Carried{Rejected: u.rejectedOf([]store.StoredBatch{b})}}
	res, err := store.InsertRetry(ctx, u.m.dst, batch, u.m.opts.Retrier.Do)
	if err != nil {
		return err
	}
	u.m.tally(func(r *MergeReport) {
		r.Replaced++
		r.Rows += res.Inserted
		r.Changed += res.Changed
		r.Unchanged += res.Unchanged
		r.Rejected += int64(len(batch.Carried.Rejected))
	})
	return nil
}
