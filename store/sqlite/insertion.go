package sqlite

import (
	"context"
	"errors"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/store"
)

// insertion is a batch of which SQLite keeps, over attempts, what the first
// made of its rows, when it began, and its place in the writer's queue.
type insertion struct {
	*store.Batch
	db      *DB
	encoded *encoded
	with    []*insertion // the batches of Batch.With
	since   time.Time
	ticket  uint64
	// unknown is what an attempt did whose commit failed in a way that left
	// its outcome open.
	unknown    store.Result
	attempts   int
	wait, hold time.Duration // as BatchEvent has them
	group      int
	marked     int64 // the time in the ledger row of the last attempt, in microseconds since 1970
}

// Begin checks a batch and encodes its rows, as [store.Backend] says.
func (db *DB) Begin(b *store.Batch) (store.Insertion, error) {
	in, err := db.hooks.Begin(b, db.begin)
	if err != nil {
		db.file.stats.tried(1, store.Result{}, err)
	}
	return in, err
}

func (db *DB) begin(b *store.Batch) (store.Insertion, error) {
	f := db.file
	if err := b.Check(); err != nil {
		return nil, &pathError{path: f.path, err: err}
	}
	in := &insertion{Batch: b, db: db}
	if in.Empty() {
		return in, nil
	}
	e, err := f.plans.of(b.Schema, f.opts.MaxValue).encode(b)
	if err != nil {
		return nil, err
	}
	in.encoded = e
	for i, other := range b.With {
		e, err := f.plans.of(other.Schema, f.opts.MaxValue).beside(other, i+1)
		if err != nil {
			in.Close()
			return nil, err
		}
		in.with = append(in.with, &insertion{Batch: other, db: db, encoded: e})
	}
	return in, nil
}

// Try writes the batch in one attempt, as [store.Insertion] says. A *RowError
// names the row that could not be stored. ErrCommitUnknown is the only error
// after which the batch may be stored.
//
// Until ctx ends, Try waits in the queue of this process's writers, and up to
// Options.BusyWait for another process. If ctx ends while the batch is being
// written, the batch is rolled back, or, if its commit has begun, stored and
// reported as stored.
func (in *insertion) Try(ctx context.Context) (res store.Result, err error) {
	in.attempts++
	res, err = in.try(ctx)
	in.db.file.stats.tried(in.attempts, res, err)
	return res, err
}

func (in *insertion) try(ctx context.Context) (store.Result, error) {
	if err := in.db.writable(); err != nil {
		return store.Result{}, err
	}
	if in.Empty() {
		return store.Result{Applied: true}, ctx.Err()
	}
	if in.since.IsZero() {
		in.since = time.Now()
	}
	f := in.db.file
	r, err := f.enqueue(ctx, in)
	in.wait, in.hold, in.group = r.wait, r.hold, r.group
	if err != nil && in.imaged() && errors.Is(err, sqlite3.CONSTRAINT) {
		// Of an image the engine does not say which row it refuses.
		for _, p := range in.parts() {
			e, encodeErr := p.encoded.plan.layOut(p.Batch, false)
			if encodeErr != nil {
				return store.Result{}, encodeErr
			}
			p.encoded.release()
			p.encoded = e
		}
		r, err = f.enqueue(ctx, in)
	}
	if err != nil {
		if errors.Is(err, store.ErrCommitUnknown) && r.result.Applied {
			in.unknown = r.result
		}
		return store.Result{}, explain(f.path, err)
	}
	if !r.result.Applied && in.unknown.Applied {
		f.stats.settled(in.unknown)
		return in.unknown, nil // it was stored after all
	}
	return r.result, nil
}

// Detail fills in what an observer hears of the last attempt.
func (in *insertion) Detail(e *store.BatchEvent) {
	e.Wait, e.Hold, e.Group = in.wait, in.hold, in.group
}

// Close gives the buffers back.
func (in *insertion) Close() {
	if in.encoded != nil {
		in.encoded.release()
		in.encoded = nil
	}
	for _, other := range in.with {
		other.Close()
	}
}
