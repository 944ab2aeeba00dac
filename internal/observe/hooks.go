// Package observe reports to an Observer and a Logger what a backend does. Backends
// without either pay for one comparison a batch.
package observe

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/galley-db/galley/store"
)

// LongWait is how long a batch waits for the write lock before it is logged.
const LongWait = 5 * time.Second

// errGivenUp is the error of a batch whose caller left before an attempt.
var errGivenUp = errors.New("given up before the first attempt: the context had ended")

// errEnded is the error of a batch whose caller did not come back from an attempt.
var errEnded = errors.New("a panic, or the end of the goroutine, ended the attempt")

// Hooks are a backend's Observer and Logger; either may be nil.
type Hooks struct {
	Observer store.Observer
	Logger   *slog.Logger
}

// Begin calls a backend's begin, and wraps the Insertion so that the batch is
// reported when it is closed. A single row that is checked for a Writer is not a
// batch.
func (h Hooks) Begin(b *store.Batch, begin func(*store.Batch) (store.Insertion, error)) (store.Insertion, error) {
	if _, check := b.Rows.(store.OneRow); check || h.Observer == nil && h.Logger == nil {
		return begin(b)
	}
	w := &watched{hooks: h, ctx: context.Background(), with: b.With, event: store.BatchEvent{
		Table: b.Schema.Name(), Key: b.Key, Rows: b.Rows.Len(), Mode: b.Mode, Began: time.Now(),
	}}
	w.event.Err = errEnded
	defer func() {
		if w.event.Err != nil {
			w.report()
		}
	}()
	if w.Insertion, w.event.Err = begin(b); w.event.Err != nil {
		return nil, w.event.Err
	}
	return w, nil
}

// detailed is an Insertion with more to say of its batch, once it is closed.
type detailed interface{ Detail(e *store.BatchEvent) }

// watched is an Insertion that reports what became of it.
type watched struct {
	store.Insertion
	hooks  Hooks
	ctx    context.Context
	event  store.BatchEvent
	with   []*store.Batch // of other tables, which have events of their own
	closed bool
}

// Try implements [store.Insertion].
func (w *watched) Try(ctx context.Context) (store.Result, error) {
	w.ctx = ctx
	w.event.Attempts++
	w.event.Result, w.event.Err = store.Result{}, errEnded
	w.event.Result, w.event.Err = w.Insertion.Try(ctx)
	if w.event.Err != nil {
		w.event.Result = store.Result{}
		w.hooks.Debug("attempt failed", "table", w.event.Table, "key", w.event.Key, "attempt", w.event.Attempts, "error", valueless{w.event.Err})
	}
	return w.event.Result, w.event.Err
}

// Close implements [store.Insertion].
func (w *watched) Close() {
	w.Insertion.Close()
	if w.closed {
		return
	}
	w.closed = true
	if w.event.Attempts == 0 {
		w.event.Err = errGivenUp
	}
	w.report()
}

func (w *watched) report() {
	e := &w.event
	e.Took = time.Since(e.Began)
	if d, ok := w.Insertion.(detailed); ok {
		d.Detail(e)
	}
	for _, other := range w.with {
		part := *e
		part.Table, part.Rows = other.Schema.Name(), other.Rows.Len()
		if e.Result.Applied {
			part.Result = store.Result{Applied: true, Inserted: int64(part.Rows)}
			e.Result.Inserted -= part.Result.Inserted
		}
		w.pass(&part)
	}
	w.pass(e)
}

// pass gives an event to the Logger and the Observer.
func (w *watched) pass(e *store.BatchEvent) {
	w.hooks.log(e)
	if w.hooks.Observer != nil {
		w.hooks.Observer.Batch(w.ctx, *e)
	}
}

// Checkpoint reports a checkpoint.
func (h Hooks) Checkpoint(e store.CheckpointEvent) {
	if e.Err != nil {
		h.Warn("checkpoint failed", "wal_bytes", e.WALBytes, "took", e.Took, "error", e.Err)
	}
	if h.Observer != nil {
		h.Observer.Checkpoint(e)
	}
}
