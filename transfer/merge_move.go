package transfer

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/galley-db/galley/internal/formats"
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

// store stores a batch, and counts it. A merge that was as fast is an error that
// wraps ErrKeyStored.
func (u *merge) store(ctx context.Context, in store.Insertion, carried *store.Carried) error {
	defer in.Close()
	res, unknown, err := settle(ctx, u.m.dst, u.m.opts.Retrier, in)
	if errors.Is(err, store.ErrKeyStored) && unknown {
		// The attempt of unknown outcome may have stored it.
		last := carried.Batches[len(carried.Batches)-1]
		if held, findErr := store.FindBatch(ctx, u.m.dst, u.name(), last.Key); findErr == nil && held.At.Equal(last.At.Truncate(time.Microsecond)) {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	own := int64(0)
	for _, b := range carried.Batches {
		if !strings.HasPrefix(b.Key, mergePrefix) {
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

// insert stores rows that were read.
func (u *merge) insert(ctx context.Context, p *formats.Part, carried *store.Carried) error {
	in, err := u.m.dst.Begin(&store.Batch{Schema: u.into, Mode: u.mode(), Rows: p, Carried: carried})
	if err != nil {
		return err
	}
	return u.store(ctx, in, carried)
}
