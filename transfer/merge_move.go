package transfer

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/store"
)

// move stores what the destination does not have.
func (u *merge) move(ctx context.Context) error {
	for _, b := range u.replace {
		if err := u.replaceBatch(ctx, b); err != nil {
			return err
		}
	}
	if u.m.file != nil && !u.merging() {
		return u.attach(ctx)
	}
	if err := u.batches(ctx); err != nil {
		return err
	}
	return u.rows(ctx)
}

// step is the next step of the progress, which reaches so many plain rows.
func (u *merge) step(rows int64, sum uint64, whole bool) mergeProgress {
	p := u.last
	p.Step++
	p.Rows, p.Sum, p.Batches, p.Stamp = rows, sum, int64(len(u.loose)), ""
	if whole {
		p.Stamp = u.src.stamp
	}
	return p
}

// store stores a batch, and counts it by what it carries. A merge that was as fast
// is an error that wraps ErrKeyStored.
func (u *merge) store(ctx context.Context, in store.Insertion, what func() *store.Carried) error {
	defer in.Close()
	res, unknown, err := settle(ctx, u.m.dst, u.m.opts.Retrier, in)
	carried := what()
	if errors.Is(err, store.ErrKeyStored) && unknown {
		// The attempt of unknown outcome may have stored it, and another merge may
		// have stored some of it.
		if stored, findErr := u.stored(ctx, carried.Batches); findErr != nil {
			err = findErr
		} else if stored {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	own := int64(0)
	for _, b := range carried.Batches {
		if ownkey.Of(b.Key) != ownkey.Merge {
			own++
		}
	}
	u.m.tally(func(r *MergeReport) {
		r.Batches += own
		r.Rows += res.Inserted
		r.Changed += res.Changed
		r.Unchanged += res.Unchanged
		r.Rejected += int64(len(carried.Rejected))
	})
	return nil
}

// stored reports whether the destination has all of some batches, as they are.
func (u *merge) stored(ctx context.Context, batches []store.StoredBatch) (bool, error) {
	found := map[string]store.StoredBatch{}
	for part := range slices.Chunk(batches, keysAtOnce) {
		keys := make([]string, len(part))
		for i, b := range part {
			keys[i] = b.Key
		}
		for b, err := range u.m.dst.Batches(ctx, store.BatchFilter{Table: u.name(), Keys: keys}) {
			if err != nil {
				return false, err
			}
			found[b.Key] = b
		}
	}
	return !slices.ContainsFunc(batches, func(b store.StoredBatch) bool {
		held, ok := found[b.Key]
		return !ok || !sameEntry(held, b)
	}), nil
}

// sameEntry reports whether two entries of a ledger, with one key, are of the same
// attempt to store a batch, whose time a ledger has to the microsecond.
func sameEntry(a, b store.StoredBatch) bool {
	return a.Rows == b.Rows && a.At.Truncate(time.Microsecond).Equal(b.At.Truncate(time.Microsecond))
}

// insert stores rows that were read.
func (u *merge) insert(ctx context.Context, p *formats.Part, carried *store.Carried) error {
	in, err := u.m.dst.Begin(&store.Batch{Schema: u.into, Mode: u.mode(), Rows: p, Carried: carried})
	if err != nil {
		return err
	}
	return u.store(ctx, in, func() *store.Carried { return carried })
}
