package backoff

import (
	"errors"
	"fmt"
	"time"
)

var errNilOp = fmt.Errorf("%w: the operation is nil", ErrConfig)

// ExhaustedError is returned by [Exponential] when it gave up: the last
// attempt failed with a retryable error, and another one would have gone
// beyond MaxElapsed or MaxAttempts.
type ExhaustedError struct {
	Attempts int           // times that the operation ran, at least 1
	Elapsed  time.Duration // from the start of Do to the end of the last attempt
	Err      error         // of the last attempt, never nil
}

// Error says what happened and what to do about it.
func (e *ExhaustedError) Error() string {
	return fmt.Sprintf("backoff: gave up after %s in %v: %v; raise MaxElapsed (or MaxAttempts), or look who holds the lock",
		times(e.Attempts), e.Elapsed, e.Err)
}

// Unwrap returns the error of the last attempt.
func (e *ExhaustedError) Unwrap() error { return e.Err }

// interrupted joins the end of the context with the error of the last
// attempt, so that errors.Is finds both. An operation that noticed the end of
// the context itself has said all there is to say.
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
