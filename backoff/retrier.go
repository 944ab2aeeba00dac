package backoff

import (
	"context"
	"errors"
)

// ErrConfig is returned when a Retrier is configured wrongly: a field of
// [Exponential] is out of range, or the operation is nil. The operation has not
// run.
var ErrConfig = errors.New("backoff: invalid configuration")

// Retrier decides how often an operation is tried, and how long to wait between
// attempts.
// A Retrier is safe for use by several goroutines at once.
//
// An implementation keeps the following rules, which callers rely on and package
// backofftest checks:
//   - op runs in the goroutine that called Do, never twice at the same time,
//     and not at all under a context that has ended: Do returns ctx.Err() then.
//   - After a failed op, Do checks ctx.Err() before retryable. If the context
//     has ended, Do's error matches ctx.Err() and op's error with errors.Is.
//   - An error for which retryable returns false ends Do at once and is returned
//     unchanged. A nil retryable means that no error is retryable.
//   - When Do gives up on a retryable error, it returns an error that wraps it.
type Retrier interface {
	Do(ctx context.Context, op func(context.Context) error, retryable func(error) bool) error
}

// None returns a Retrier of one attempt: Do returns op's error, retryable or not.
// Use it if the caller has its own retry loop.
func None() Retrier { return none{} }

type none struct{}

func (none) Do(ctx context.Context, op func(context.Context) error, _ func(error) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if op == nil {
		return errNilOp
	}
	err := op(ctx)
	if err == nil {
		return nil
	}
	if cerr := ctx.Err(); cerr != nil {
		return interrupted(cerr, 1, err)
	}
	return err
}
