package table

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/galley-db/galley/store"
)

// batcher is a Writer but for the type of its rows: it divides them into batches,
// and stores these in the background.
type batcher struct {
	table *core
	opts  WriterOptions
	ctx   context.Context // of the flushes in the background
	stop  context.CancelFunc

	mu      sync.Mutex
	rows    buffer
	bytes   int
	spare   buffer        // empty; nil while it is in use
	first   int64         // number of the first of rows
	settled int64         // rows before this number are stored, or in errs
	broken  error         // with a Key, what ended the storing
	known   int64         // rows before this number are stored by an earlier run with this Key
	busy    chan struct{} // closed when the flush under way ends, nil without one
	linger  *time.Timer
	due     bool // the linger time of rows is over
	errs    failures
	gone    error  // the database is closed
	drop    func() // takes the Writer out of the database's list
	closed  bool
	ended   chan struct{} // closed when Close has come to its end
	outcome error         // of Close
}

// buffer holds rows that wait for their batch, or are being stored.
type buffer interface {
	len() int
	from(n int) buffer // the rows behind the first n
	emptied() buffer   // the memory of rows that are stored, for the next ones
	all() store.Rows
}

func newBatcher(t *core, opts WriterOptions, rows, spare buffer) (*batcher, error) {
	if opts.Rows < 0 || opts.Bytes < 0 || opts.Linger < 0 {
		return nil, fmt.Errorf("table %q: %w: Rows, Bytes and Linger must not be negative", t.name(), store.ErrOptions)
	}
	if opts.Key != "" && opts.Linger > 0 && t.quarantine {
		return nil, fmt.Errorf("table %q: %w: Linger ends batches by the clock, and with Quarantine a Key needs the same batches in every run", t.name(), store.ErrOptions)
	}
	if opts.Key != "" {
		if err := store.CheckKey(batchKey(opts.Key, 0)); err != nil {
			return nil, fmt.Errorf("table %q: a Writer's Key with the number of a row: %w", t.name(), err)
		}
	}
	if opts.Rows == 0 {
		opts.Rows = t.batch
	}
	w := &batcher{table: t, opts: opts, rows: rows, spare: spare, ended: make(chan struct{})}
	w.errs.table = t.name()
	w.ctx, w.stop = context.WithCancel(context.Background())
	var err error
	if w.drop, err = t.backend.KeepWriter(w); err != nil {
		w.stop()
		return nil, fmt.Errorf("table %q: %w", t.name(), err)
	}
	return w, nil
}

// admit waits for room for a row, and returns with mu held, unless it fails. unfit
// is the error of a row that cannot be stored.
func (w *batcher) admit(ctx context.Context, unfit error) (err error) {
	w.mu.Lock()
	defer func() {
		if err != nil {
			w.mu.Unlock()
		}
	}()
	for {
		if err := w.refuses(); err != nil {
			return err
		}
		if unfit != nil {
			return offset(unfit, int(w.first)+w.rows.len())
		}
		if !w.full() {
			return nil
		}
		if w.busy == nil {
			w.start()
			return nil
		}
		if err := w.await(ctx, w.busy); err != nil {
			return err
		}
	}
}

// added counts a row that was put into rows. The caller holds mu, here and below.
func (w *batcher) added(bytes int) {
	w.bytes += bytes
	if w.full() && w.busy == nil {
		w.start()
	} else if w.rows.len() == 1 && w.opts.Linger > 0 {
		w.linger = time.AfterFunc(w.opts.Linger, w.expire)
	}
}

// flush is Writer.Flush.
func (w *batcher) flush(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return ErrWriterClosed
	}
	told := w.errs.begin()
	err := w.settle(ctx)
	return errors.Join(append([]error{err}, w.errs.report(told)...)...)
}

// close is Writer.Close.
func (w *batcher) close(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		if err := w.await(ctx, w.ended); err != nil {
			return err
		}
		return w.outcome
	}
	w.closed = true
	defer w.drop()
	if err := w.settle(ctx); err != nil {
		w.stop()
		for w.busy != nil {
			_ = w.await(context.Background(), w.busy) // ends soon: its context has
		}
		if n := w.rows.len(); n > 0 {
			w.errs.add(&WriteError{w.table.name(), w.first, n, err})
			w.first += int64(n)
			w.settled = w.first // for a Flush that waits
		}
	}
	w.stop()
	if w.linger != nil {
		w.linger.Stop()
	}
	w.rows, w.spare = nil, nil
	w.outcome = errors.Join(w.errs.all()...)
	close(w.ended)
	return w.outcome
}

// refuses returns the error of a Write that comes too late. The caller holds mu,
// here and below.
func (w *batcher) refuses() error {
	switch {
	case w.closed:
		return ErrWriterClosed
	case w.gone != nil:
		return fmt.Errorf("table %q: %w", w.table.name(), w.gone)
	}
	return w.broken
}

// full reports whether the rows make a batch.
func (w *batcher) full() bool {
	return w.rows.len() >= w.opts.Rows || (w.opts.Bytes > 0 && w.bytes >= w.opts.Bytes)
}

// settle stores everything that is in the buffer now.
func (w *batcher) settle(ctx context.Context) error {
	end := w.first + int64(w.rows.len())
	for w.settled < end {
		if w.busy == nil {
			w.start()
		}
		if err := w.await(ctx, w.busy); err != nil {
			return err
		}
	}
	return nil
}

// await releases mu until the end of the flush in progress.
func (w *batcher) await(ctx context.Context, done <-chan struct{}) error {
	w.mu.Unlock()
	defer w.mu.Lock()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// start stores the rows of the buffer in the background.
func (w *batcher) start() {
	rows, first := w.rows, w.first
	w.rows, w.spare = w.spare, nil
	w.first += int64(rows.len())
	w.bytes, w.due = 0, false
	if w.linger != nil {
		w.linger.Stop()
		w.linger = nil
	}
	w.busy = make(chan struct{})
	go w.store(rows, first)
}

// expire flushes rows that are old enough.
func (w *batcher) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.rows.len() == 0 {
		return
	}
	w.due = true
	if w.busy == nil {
		w.start()
	}
}

// Buffered returns the number of rows that wait for their batch.
func (w *batcher) Buffered() (table string, rows int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.rows == nil {
		return w.table.name(), 0 // it is closed
	}
	return w.table.name(), int64(w.rows.len())
}

// Abandon is for the Close of the database.
func (w *batcher) Abandon(cause error) (table string, rows int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone = cause
	for w.busy != nil && !w.closed {
		_ = w.await(context.Background(), w.busy) // ends soon: the database is closed
	}
	if w.closed { // Close returns its errors
		return w.table.name(), 0
	}
	return w.table.name(), int64(w.rows.len()) + w.errs.untold()
}
