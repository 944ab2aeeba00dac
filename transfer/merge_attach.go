package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// attach moves all rows in one transaction, in the engine.
func (u *merge) attach(ctx context.Context) error {
	where, args, err := u.condition(ctx)
	if err != nil {
		return err
	}
	var carried *store.Carried
	known := u.identify(ctx)
	defer known.stop()
	in, err := u.m.file.BeginFrom(u.src.db, where, args, &store.Batch{Schema: u.schema}, func(moved int64) (*store.Carried, error) {
		count, sum, err := known.wait()
		if err != nil || carried != nil { // by an attempt before, which may have stored it
			return carried, err
		}
		if count < 0 { // all rows are plain
			count = u.from + moved
		}
		plain := count - u.from
		for _, w := range u.skip {
			plain -= w.to - w.from
		}
		for _, b := range u.news {
			plain -= b.Rows
		}
		batches := slices.Concat(u.fresh, u.news)
		p := u.step(count, sum, true)
		carried = &store.Carried{
			Batches:  append(slices.Clone(batches), p.entries(u.src.id, u.base(), max(plain, 0), time.Now())...),
			Rejected: u.rejectedOf(append(batches, store.StoredBatch{})),
		}
		return carried, nil
	})
	if err != nil {
		return err
	}
	return u.store(ctx, in, func() *store.Carried { return carried })
}

// identity is what the plain rows are known by, which is read while they are
// moved.
type identity struct {
	cancel context.CancelFunc
	done   chan struct{}
	count  int64 // -1 if it need not be known beforehand
	sum    uint64
	err    error
}

func (u *merge) identify(ctx context.Context) *identity {
	ctx, cancel := context.WithCancel(ctx)
	k := &identity{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(k.done)
		if k.count = u.count; k.count < 0 && len(u.keyed) > 0 {
			if k.err = u.countPlain(ctx); k.err != nil {
				return
			}
			k.count = u.count
		}
		k.sum, k.err = u.sum(ctx, k.count)
	}()
	return k
}

func (k *identity) wait() (count int64, sum uint64, err error) {
	<-k.done
	return k.count, k.sum, k.err
}

// stop waits for the end of what identify has begun.
func (k *identity) stop() {
	k.cancel()
	<-k.done
}

// condition selects the rows that are moved, "" for all.
func (u *merge) condition(ctx context.Context) (where string, args []string, err error) {
	if len(u.shared) == 0 && u.from == 0 && len(u.skip) == 0 {
		return "", nil, nil
	}
	where, args = u.isPlain()
	if where != "" {
		where += " AND "
	}
	after := int64(0)
	if u.from > 0 {
		if after, err = u.rowidOf(ctx, u.from-1); err != nil {
			return "", nil, err
		}
	}
	if u.from > 0 {
		where += fmt.Sprintf("%s > %d", u.rowid(), after)
	} else {
		where += "TRUE"
	}
	if len(u.skip) > 0 {
		gaps, err := u.gaps(ctx)
		if err != nil {
			return "", nil, err
		}
		where += fmt.Sprintf(" AND NOT EXISTS (SELECT 1 FROM json_each(?) AS gap WHERE %s BETWEEN gap.value->>0 AND gap.value->>1)",
			schema.SQLite().Quote(u.name())+"."+u.rowid()) // json_each has a rowid, too
		args = append(args, gaps)
	}
	if len(u.fresh) > 0 {
		of, keys := u.isOf(u.fresh)
		where, args = "("+where+") OR "+of, append(args, keys...)
	}
	return where, args, nil
}

// gaps are the ranges of row numbers that are not merged, as JSON.
func (u *merge) gaps(ctx context.Context) (string, error) {
	slices.SortFunc(u.skip, func(a, b window) int { return int(a.from - b.from) })
	var joined []window
	for _, w := range u.skip {
		if n := len(joined); n > 0 && joined[n-1].to == w.from {
			joined[n-1].to = w.to
		} else if w.to > w.from {
			joined = append(joined, w)
		}
	}
	ranges := [][2]int64{}
	for _, w := range joined {
		first, err := u.rowidOf(ctx, w.from)
		if err != nil {
			return "", err
		}
		last, err := u.rowidOf(ctx, w.to-1)
		if err != nil {
			return "", err
		}
		ranges = append(ranges, [2]int64{first, last})
	}
	list, err := json.Marshal(ranges)
	return string(list), err
}
