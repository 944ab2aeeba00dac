package store

import (
	"context"
	"errors"
	"fmt"
)

// Insertion is a batch on its way into a Backend: checked, encoded, and ready
// to be tried as often as the caller likes. An Insertion is used by one
// goroutine.
type Insertion interface {
	// Try writes the batch in one transaction: all rows, or none. After an
	// error for which Backend.Retryable is true nothing of the batch is
	// stored, and Try may be called again; rows are not encoded again, and
	// the batch keeps its place in the queue. After ErrCommitUnknown the batch
	// may be stored: call Try again only for a batch with a Key. A Try that finds
	// the batch stored by the attempt before returns that attempt's Result.
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

// Retry calls op until it succeeds or fails with an error that is not
// retryable, as the method Do of a Retrier of package backoff.
type Retry func(ctx context.Context, op func(context.Context) error, retryable func(error) bool) error

// InsertRetry writes a batch in as many attempts as retry makes. A batch with a
// Key is tried again after ErrCommitUnknown, as Settle does.
func InsertRetry(ctx context.Context, to Backend, b *Batch, retry Retry) (res Result, err error) {
	in, err := to.Begin(b)
	if err != nil {
		return Result{}, err
	}
	defer in.Close()
	try := func(ctx context.Context) (err error) {
		res, err = in.Try(ctx)
		return err
	}
	if b.Key == "" {
		err = retry(ctx, try, to.Retryable)
	} else {
		err = Settle(ctx, to, retry, try)
	}
	if err != nil {
		return Result{}, err
	}
	return res, nil
}

// Settle calls op, which writes to a backend and may be done twice, in as many
// attempts as retry makes, also after ErrCommitUnknown. If the last attempt fails
// for another reason, or the context ends, ErrCommitUnknown is still in the
// chain of the error: the attempt before it may have written. A disk that fails
// is tried once more only: it does not recover while Settle waits.
func Settle(ctx context.Context, to Backend, retry Retry, op func(context.Context) error) error {
	var unknown error
	broken := 0 // attempts that left their outcome open because of the disk
	err := retry(ctx, func(ctx context.Context) error {
		err := op(ctx)
		if errors.Is(err, ErrCommitUnknown) {
			unknown = err
			if errors.Is(err, ErrIO) || errors.Is(err, ErrDiskFull) || errors.Is(err, ErrReadOnly) {
				broken++
			}
		}
		return err
	}, func(err error) bool {
		if errors.Is(err, ErrCommitUnknown) {
			return broken < 2
		}
		return to.Retryable(err)
	})
	if err != nil && unknown != nil && !errors.Is(err, ErrCommitUnknown) {
		return fmt.Errorf("%w (an earlier attempt: %w)", err, unknown)
	}
	return err
}
