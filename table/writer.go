package table

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/galley-db/galley/store"
)

// ErrWriterClosed is returned by Write and Flush after the Writer's Close. After
// the Close of the database they return store.ErrClosed.
var ErrWriterClosed = errors.New("the writer is closed")

// WriterOptions are the settings of [Table.Writer]. The zero value flushes at
// 10,000 rows, and otherwise only at Flush and Close.
type WriterOptions struct {
	// Rows is the number of rows at which the writer flushes; 0 means the
	// table's BatchRows.
	Rows int
	// Bytes is the size of the rows' values at which the writer flushes; 0
	// means no limit.
	Bytes int
	// Linger is the age of the oldest row at which the writer flushes; 0 means
	// no limit. It cannot be combined with Key under Options.Quarantine.
	Linger time.Duration
	// Key, unless empty, makes each flush an AppendOnce, under Key and the
	// number of its first row, counted from 0: "Key/000000000". A producer that
	// writes the same rows in the same order can run again from the start,
	// after a crash or after an error of Close. Each row is stored once, even
	// if the batches are divided differently. (If rows went into quarantine,
	// the batches must be the same and the quarantine must still hold the rows:
	// ErrKey.) The stored rows are always the first ones: after a batch that
	// could not be stored, no batch is, and Write returns the error. AppendOnce,
	// Insert and Replace refuse keys of this form: ErrKey. Two
	// Writers of a table must not share a Key unless they write the same rows.
	Key string
	// OnError, unless nil, is called with each error from storing rows in the
	// background, when it happens: a *[WriteError]. It may be called by several
	// goroutines at once. Flush and Close return the errors, too, the first 100
	// of them and the number of the others: *[MoreErrors].
	OnError func(err error)
}

// Writer takes rows one at a time, from any number of goroutines, and stores
// them in batches in the background. It holds at most two batches: one that
// fills and one that is being stored. When both are full, Write waits.
//
// A row is durable when a Flush or Close that began after its Write has
// returned nil, and no Flush in between has returned an error, which may have
// been for this row. The caller closes the Writer, before the database: the Close
// of a database with an open Writer returns a *store.UnstoredError that names the
// table and the rows that are lost.
type Writer[T any] struct {
	table *Table[T]
	opts  WriterOptions
	ctx   context.Context // of the flushes in the background
	stop  context.CancelFunc

	mu      sync.Mutex
	rows    held[T]
	bytes   int
	spare   held[T]
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

// Writer returns a buffered writer to the table.
func (t *Table[T]) Writer(opts WriterOptions) (*Writer[T], error) {
	if opts.Rows < 0 || opts.Bytes < 0 || opts.Linger < 0 {
		return nil, fmt.Errorf("table %q: %w: Rows, Bytes and Linger must not be negative", t.Name(), store.ErrOptions)
	}
	if opts.Key != "" && opts.Linger > 0 && t.quarantine {
		return nil, fmt.Errorf("table %q: %w: Linger makes batches by the clock, and with Quarantine a Key needs the same ones in every run", t.Name(), store.ErrOptions)
	}
	if opts.Key != "" {
		if err := store.CheckKey(batchKey(opts.Key, 0)); err != nil {
			return nil, fmt.Errorf("table %q: a Writer's Key with the number of a row: %w", t.Name(), err)
		}
	}
	if opts.Rows == 0 {
		opts.Rows = t.batch
	}
	w := &Writer[T]{table: t, opts: opts, rows: held[T]{binder: t.binder}, spare: held[T]{binder: t.binder}, ended: make(chan struct{})}
	w.errs.table = t.Name()
	w.ctx, w.stop = context.WithCancel(context.Background())
	var err error
	if w.drop, err = t.backend.KeepWriter(w); err != nil {
		w.stop()
		return nil, fmt.Errorf("table %q: %w", t.Name(), err)
	}
	return w, nil
}

// Write puts a row into the buffer. It waits while the buffer is full and the
// batch before it is being stored, until ctx ends. A row for which Write
// returns an error is not in the buffer and has no number. A row with a value that
// its column cannot hold is a *[RowError], unless the table has Quarantine. After
// Write has returned, the caller may change what the row refers to: its slices,
// maps and pointers. Errors from storing rows, such as a broken constraint, are
// returned by Flush and Close, and with a Key also by Write.
func (w *Writer[T]) Write(ctx context.Context, row T) error {
	c := w.table.copyRow(&row)
	defer c.free()
	size := w.size(&row, c)
	unfit := w.check(&row, c)
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		if err := w.refuses(); err != nil {
			return err
		}
		if unfit != nil {
			return offset(unfit, int(w.first)+w.rows.len())
		}
		if !w.full() {
			break
		}
		if w.busy == nil {
			w.start()
			break
		}
		if err := w.await(ctx, w.busy); err != nil {
			return err
		}
	}
	w.rows.add(&row, c)
	w.bytes += size
	if w.full() && w.busy == nil {
		w.start()
	} else if w.rows.len() == 1 && w.opts.Linger > 0 {
		w.linger = time.AfterFunc(w.opts.Linger, w.expire)
	}
	return nil
}

// Flush stores the rows written before the call, and waits until they are
// stored. It returns the errors, each a *[WriteError], that no earlier Flush
// has returned; concurrent Flushes each return them. The Writer drops the rows
// of an error: without Key, write them again; with Key, run the producer again.
// If ctx ends first, its error is among them, and the rows are still being
// stored.
func (w *Writer[T]) Flush(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return ErrWriterClosed
	}
	told := w.errs.begin()
	err := w.settle(ctx)
	return errors.Join(append([]error{err}, w.errs.report(told)...)...)
}

// Close flushes, and returns all errors of the Writer's life, including those
// that Flush has returned. If ctx ends before all rows are stored, Close gives
// up the rest and returns an error for it. When Close returns, the Writer has
// no running goroutine. A second Close waits for the first, and returns the
// same.
func (w *Writer[T]) Close(ctx context.Context) error {
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
			w.errs.add(&WriteError{w.table.Name(), w.first, n, err})
			w.first += int64(n)
			w.settled = w.first // for a Flush that waits
		}
	}
	w.stop()
	if w.linger != nil {
		w.linger.Stop()
	}
	w.rows, w.spare = held[T]{}, held[T]{}
	w.outcome = errors.Join(w.errs.all()...)
	close(w.ended)
	return w.outcome
}

// refuses returns the error of a Write that comes too late. The caller holds mu,
// here and below.
func (w *Writer[T]) refuses() error {
	switch {
	case w.closed:
		return ErrWriterClosed
	case w.gone != nil:
		return fmt.Errorf("table %q: %w", w.table.Name(), w.gone)
	}
	return w.broken
}

// full reports whether the rows make a batch.
func (w *Writer[T]) full() bool {
	return w.rows.len() >= w.opts.Rows || (w.opts.Bytes > 0 && w.bytes >= w.opts.Bytes)
}

// settle stores everything that is in the buffer now.
func (w *Writer[T]) settle(ctx context.Context) error {
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
func (w *Writer[T]) await(ctx context.Context, done <-chan struct{}) error {
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
func (w *Writer[T]) start() {
	rows, first := w.rows, w.first
	w.rows, w.spare = w.spare, held[T]{}
	w.first += int64(rows.len())
	w.bytes, w.due = 0, false
	if w.linger != nil {
		w.linger.Stop()
		w.linger = nil
	}
	w.busy = make(chan struct{})
	go w.flush(rows, first)
}

// expire flushes rows that are old enough.
func (w *Writer[T]) expire() {
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
func (w *Writer[T]) Buffered() (table string, rows int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.table.Name(), int64(w.rows.len())
}

// Abandon is for the Close of the database.
func (w *Writer[T]) Abandon(cause error) (table string, rows int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone = cause
	for w.busy != nil && !w.closed {
		_ = w.await(context.Background(), w.busy) // ends soon: the database is closed
	}
	if w.closed { // Close returns its errors
		return w.table.Name(), 0
	}
	return w.table.Name(), int64(w.rows.len()) + w.errs.untold()
}
