package transfer

import (
	"context"
	"fmt"
	"slices"

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
	loose := int64(0)
	for r, err := range u.src.db.Rejected(ctx, store.RejectedFilter{Table: u.name()}) {
		if err != nil {
			return err
		}
		take, ofBatch := of[r.Key]
		if !ofBatch {
			loose++
			take = loose > u.last.Rejected
		}
		if take {
			u.rejected = append(u.rejected, r)
		}
	}
	if loose < u.last.Rejected {
		return u.conflict("", fmt.Sprintf("it has %d rows without a key in quarantine, and %d were merged before; merge into another database", loose, u.last.Rejected))
	}
	u.last.Rejected = loose
	return nil
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
