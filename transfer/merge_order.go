package transfer

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/store"
)

// window is a range of rows, in their order.
type window struct{ from, to int64 }

// follow decides which keys of the ledger go with the plain rows. If the
// destination has a key already, from another file, the rows of that key are found
// by the order of the ledger, on both sides. That needs each row to belong to a
// key.
func (u *merge) follow(ctx context.Context) error {
	if u.last.Batches > int64(len(u.loose)) {
		return u.conflict("", fmt.Sprintf("its ledger has %d batches, and %d were merged before; merge into another database", len(u.loose), u.last.Batches))
	}
	var overlap []store.StoredBatch
	for _, b := range u.loose[u.last.Batches:] {
		if _, ok := u.held[b.Key]; ok {
			overlap = append(overlap, b)
		} else {
			u.news = append(u.news, b)
		}
	}
	if len(overlap) == 0 {
		return nil
	}
	const advice = "the table has no batch column (tag option batch), so galley cannot tell which rows are those of the key"
	if u.schema.Batch() >= 0 || u.m.file == nil || u.merging() {
		return u.conflict(overlap[0].Key, "both have the key, and "+advice)
	}
	if err := u.countPlain(ctx); err != nil {
		return err
	}
	theirs, ok := windows(u.loose, u.count)
	if !ok {
		return u.conflict(overlap[0].Key, "both have the key, "+advice+", and the source has rows without a key or rows that were removed")
	}
	var all []store.StoredBatch
	for b, err := range u.m.dst.Batches(ctx, store.BatchFilter{Table: u.name(), Internal: true}) {
		if err != nil {
			return err
		}
		all = append(all, b)
	}
	count, err := cells.Count(ctx, u.m.dst, u.name(), "", nil)
	if err != nil {
		return err
	}
	ours, ok := windows(all, count)
	if !ok {
		return u.conflict(overlap[0].Key, "both have the key, "+advice+", and the destination has rows without a key or rows that were removed")
	}
	return u.overlaps(ctx, overlap, theirs, ours)
}

// windows are the rows of each key, in the order of the ledger. It reports false if
// the ledger does not account for each row.
func windows(ledger []store.StoredBatch, count int64) (map[string]window, bool) {
	all := make(map[string]window, len(ledger))
	at := int64(0)
	for _, b := range ledger {
		if b.Rows > 0 && ownkey.Of(b.Key) == ownkey.Merge {
			return nil, false // a source's rows without a key
		}
		all[b.Key] = window{at, at + b.Rows}
		at += b.Rows
	}
	return all, at == count
}

// overlaps compares the batches that both sides have, and leaves them out of the
// rows that are merged.
func (u *merge) overlaps(ctx context.Context, overlap []store.StoredBatch, theirs, ours map[string]window) error {
	theirSums, err := u.ordered(ctx, u.src.db, theirs)
	if err != nil {
		return err
	}
	ourSums, err := u.ordered(ctx, u.m.dst, ours)
	if err != nil {
		return err
	}
	rejected, err := u.lackingOf(ctx, overlap)
	if err != nil {
		return err
	}
	for _, b := range overlap {
		switch {
		case theirSums[b.Key] == ourSums[b.Key] && rejected[b.Key] == 0:
			u.same++
		case u.m.opts.OnConflict == Keep:
			u.kept++
		case u.m.opts.OnConflict == Replace:
			return u.conflict(b.Key, "both have the key with other content, and without a batch column (tag option batch) the destination's rows cannot be replaced")
		default:
			u.other = append(u.other, b)
			return u.settle()
		}
		u.skip = append(u.skip, theirs[b.Key])
	}
	return nil
}

// ordered are the contents of the windows of a table.
func (u *merge) ordered(ctx context.Context, b store.Backend, of map[string]window) (map[string]content, error) {
	starts, ends := map[int64]string{}, map[int64]int64{}
	sums := make(map[string]content, len(of))
	for key, w := range of {
		if sums[key] = (content{}); w.to > w.from {
			starts[w.from], ends[w.from] = key, w.to
		}
	}
	row, end, key := int64(0), int64(0), ""
	var bag cells.Bag
	err := cells.TableStream(b, store.Select{Schema: u.into}).Each(ctx, func(c *cells.Chunk) error {
		for i := range c.Rows {
			if row == end {
				key, end = starts[row], ends[row]
			}
			sum := sums[key]
			sums[key] = content{sum.rows + 1, sum.sum + bag.Row(c, i)}
			row++
		}
		return nil
	})
	return sums, err
}
