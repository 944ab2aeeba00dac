package transfer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/galley-db/galley/internal/quarantine"
	"github.com/galley-db/galley/store"
)

// quarantine reads the rows in quarantine that are carried: those of the
// batches that are, and those without a key that are new.
func (u *merge) quarantine(ctx context.Context) error {
	of := map[string]bool{}
	for _, b := range slices.Concat(u.keyed, u.loose) {
		of[b.Key] = false
	}
	for _, b := range slices.Concat(u.fresh, u.replace, u.news) {
		of[b.Key] = true
	}
	loose, sum := int64(0), uint64(0)
	for r, err := range u.src.db.Rejected(ctx, store.RejectedFilter{Table: u.name()}) {
		if err != nil {
			return err
		}
		take, ofBatch := of[r.Key]
		if !ofBatch {
			if loose == u.last.Rejected && sum != u.last.Aside {
				return u.rejectedChanged()
			}
			loose++
			sum += quarantine.Sum(r)
			take = loose > u.last.Rejected
		}
		if take {
			u.rejected = append(u.rejected, r)
		}
	}
	if loose < u.last.Rejected {
		return u.conflict("", fmt.Sprintf("it has %d rows without a key in quarantine, and %d were merged before; merge into another database", loose, u.last.Rejected))
	}
	if loose == u.last.Rejected && sum != u.last.Aside {
		return u.rejectedChanged()
	}
	u.last.Rejected, u.last.Aside = loose, sum
	return nil
}

func (u *merge) rejectedChanged() error {
	return u.conflict("", fmt.Sprintf("its rows without a key in quarantine, of which %d were merged before, were changed since; merge into another database", u.last.Rejected))
}

// lackingOf is lacking for the rows of some batches.
func (u *merge) lackingOf(ctx context.Context, batches []store.StoredBatch) (map[string]int64, error) {
	keys := make(map[string]bool, len(batches))
	for _, b := range batches {
		keys[b.Key] = true
	}
	return lacking(ctx, u.src.db, u.m.dst, u.name(), func(key string) bool { return keys[key] })
}

// lacking counts the rows of a table's quarantine in the source that the destination's
// does not have, each as often, by the key of their batch. of selects the keys. A batch
// that ran on both sides was put into quarantine at two times.
func lacking(ctx context.Context, src, dst store.Backend, table string, of func(key string) bool) (map[string]int64, error) {
	each := func(b store.Backend, do func(store.RejectedRow, uint64)) error {
		for r, err := range b.Rejected(ctx, store.RejectedFilter{Table: table}) {
			if err != nil {
				return err
			}
			if of(r.Key) {
				r.At = time.Time{}
				do(r, quarantine.Sum(r))
			}
		}
		return nil
	}
	left, keys := map[uint64]int64{}, map[uint64]string{}
	if err := each(src, func(r store.RejectedRow, sum uint64) { left[sum]++; keys[sum] = r.Key }); err != nil || len(left) == 0 {
		return nil, err
	}
	if err := each(dst, func(_ store.RejectedRow, sum uint64) { left[sum]-- }); err != nil {
		return nil, err
	}
	found := map[string]int64{}
	for sum, n := range left {
		if key, ok := keys[sum]; ok && n > 0 {
			found[key] += n
		}
	}
	return found, nil
}

// rejectedOf are the rows in quarantine that are carried with batches, and those of
// no batch with the batch without a key.
func (u *merge) rejectedOf(batches []store.StoredBatch) (rows []store.RejectedRow) {
	of := map[string]bool{}
	for _, b := range batches {
		of[b.Key] = true
	}
	known := map[string]bool{}
	for _, b := range slices.Concat(u.keyed, u.loose) {
		known[b.Key] = true
	}
	for _, r := range u.rejected {
		if of[r.Key] || of[""] && !known[r.Key] {
			rows = append(rows, r)
		}
	}
	return rows
}
