package store

import "context"

// Insertion is a batch on its way into a Backend: checked, encoded, and ready
// to be tried as often as the caller likes. An Insertion is used by one
// goroutine.
type Insertion interface {
	// Try writes the batch in one transaction: all rows, or none. After an
	// error for which Backend.Retryable is true nothing of the batch is
	// stored, and Try may be called again; rows are not encoded again, and
	// the batch keeps its place in the queue. After ErrCommitUnknown the batch
	// may be stored: call Try again only for a batch with a Key.
	Try(ctx context.Context) (Result, error)
	// Close releases the buffers. The batch's rows may be reused afterwards.
	// A second Close does nothing.
	Close()
}

// Insert writes a batch in a single attempt: Begin, Try and Close.
func Insert(ctx context.Context, to Backend, b *Batch) (Result, error) {
	in, err := to.Begin(b)
	if err != nil {
		return Result{}, err
	}
	defer in.Close()
	return in.Try(ctx)
}
