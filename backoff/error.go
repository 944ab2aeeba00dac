package backoff

import (
	"errors"
	"fmt"
	"time"
)

var errNilOp = fmt.Errorf("%w: the operation is nil", ErrConfig)

// ExhaustedError is returned by [Exponential] when it gives up: the last attempt
// failed with a retryable error, and another attempt would exceed MaxElapsed or
// MaxAttempts.
type ExhaustedError struct {
	Attempts int           // number of times that the operation ran, at least 1
	Elapsed  time.Duration // from the start of Do to the end of the last attempt
	Err      error         // of the last attempt, never nil
}

// Error returns what happened and what to do about it. An error in the chain of Err
// with a method Advice() string adds what to do about the cause.
func (e *ExhaustedError) Error() string {
	text := fmt.Sprintf("backoff: gave up after %s in %v: %v; raise MaxElapsed (or MaxAttempts)", times(e.Attempts), e.Elapsed, e.Err)
	var cause interface{ Advice() string }
	if errors.As(e.Err, &cause) {
		text += ", or " + cause.Advice()
	}
	return text
}

// Unwrap returns the error of the last attempt.
func (e *ExhaustedError) Unwrap() error { return e.Err }

// interrupted joins the context's error with the error of the last attempt, so
// errors.Is finds both. If the operation already returned the context's error,
// interrupted returns that error unchanged.
func interrupted(ctxErr error, attempts int, err error) error {
	if errors.Is(err, ctxErr) {
		return err
	}
	return fmt.Errorf("backoff: %w after %s, the last of which failed: %w", ctxErr, times(attempts), err)
}

func times(n int) string {
	if n == 1 {
		return "1 attempt"
	}
	return fmt.Sprintf("%d attempts", n)
}
