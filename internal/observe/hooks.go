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

// Hooks are a backend's Observer and Logger; either may be nil.
type Hooks struct {
	Observer store.Observer
	Logger   *slog.Logger
}

// Begin wraps what a backend's Begin returns, so that the batch is reported when
// the Insertion is closed. detail, unless nil, fills in what only the backend
// has. A single row that is checked for a Writer is not a batch.
func (h Hooks) Begin(b *store.Batch, began time.Time, in store.Insertion, err error, detail func(*store.BatchEvent)) (store.Insertion, error) {
	if _, check := b.Rows.(store.OneRow); check || h.Observer == nil && h.Logger == nil {
		return in, err
	}
	w := &watched{Insertion: in, hooks: h, detail: detail, ctx: context.Background(), event: store.BatchEvent{
		Table: b.Schema.Name(), Key: b.Key, Rows: b.Rows.Len(), Mode: b.Mode, Began: began,
	}}
	if err != nil {
		w.event.Err = err
		w.report()
		return nil, err
	}
	return w, nil
}

// watched is an Insertion that reports what became of it.
type watched struct {
	store.Insertion
	hooks  Hooks
	detail func(*store.BatchEvent)
	ctx    context.Context
	event  store.BatchEvent
	closed bool
}

// Try implements [store.Insertion].
func (w *watched) Try(ctx context.Context) (store.Result, error) {
	w.ctx = ctx
	w.event.Attempts++
	w.event.Result, w.event.Err = w.Insertion.Try(ctx)
	if w.event.Err != nil {
		w.event.Result = store.Result{}
		w.hooks.Debug("attempt failed", "table", w.event.Table, "key", w.event.Key, "attempt", w.event.Attempts, "error", w.event.Err)
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
	if w.detail != nil {
		w.detail(e)
	}
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
