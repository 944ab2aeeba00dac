package table

import (
	"context"
	"errors"
	"time"
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
	to    *batcher
}

// Writer returns a buffered writer to the table.
func (t *Table[T]) Writer(opts WriterOptions) (*Writer[T], error) {
	to, err := newBatcher(t.core, opts, &held[T]{binder: t.binder}, &held[T]{binder: t.binder})
	if err != nil {
		return nil, err
	}
	return &Writer[T]{t, to}, nil
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
	if err := w.to.admit(ctx, unfit); err != nil {
		return err
	}
	defer w.to.mu.Unlock()
	w.to.rows.(*held[T]).add(&row, c)
	w.to.added(size)
	return nil
}

// Flush stores the rows written before the call, and waits until they are
// stored. It returns the errors, each a *[WriteError], that no earlier Flush
// has returned; concurrent Flushes each return them. The Writer drops the rows
// of an error: without Key, write them again; with Key, run the producer again.
// If ctx ends first, its error is among them, and the rows are still being
// stored.
func (w *Writer[T]) Flush(ctx context.Context) error { return w.to.flush(ctx) }

// Close flushes, and returns all errors of the Writer's life, including those
// that Flush has returned. If ctx ends before all rows are stored, Close gives
// up the rest and returns an error for it. When Close returns, the Writer has
// no running goroutine. A second Close waits for the first, and returns the
// same.
func (w *Writer[T]) Close(ctx context.Context) error { return w.to.close(ctx) }
