package backoff

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// The defaults of Exponential's fields.
const (
	defaultInitial    = 500 * time.Microsecond
	defaultMax        = 5 * time.Millisecond
	defaultMaxElapsed = 60 * time.Second
	defaultMultiplier = 1.5
	defaultJitter     = 1
)

// shortest is the minimum interval. Intervals are whole nanoseconds: 1 ns times
// 1.5 would never grow.
const shortest = time.Microsecond

// Exponential is a [Retrier] whose waits grow exponentially and are random.
// The zero value is ready to use and suits a database file that several
// processes write to. Copies are independent; one Exponential may be used by
// any number of goroutines, because Do changes nothing in it.
//
// If a field is out of range, Do returns [ErrConfig] without running the
// operation.
type Exponential struct {
	// Initial is the interval before the second attempt; later intervals
	// grow from there. Zero means 0.5 ms, or Max if Max is shorter. Otherwise
	// it must be at least 1 µs: a shorter value is a forgotten unit.
	Initial time.Duration
	// Max caps the interval. Zero means 5 ms, or Initial if Initial is longer.
	// Otherwise it must be at least 1 µs, and not shorter than Initial. Above
	// about 50 ms, writers that wait starve behind writers that do not.
	Max time.Duration
	// MaxElapsed bounds the time since the start of Do: Do starts no wait that
	// would end later. It does not interrupt a running attempt; set a deadline
	// on the context for that. Zero means 60 s. It must not be negative;
	// math.MaxInt64 means practically no limit.
	MaxElapsed time.Duration
	// Multiplier is the factor by which the interval grows after each attempt.
	// Zero means 1.5, and 1 keeps the interval constant. It must be finite and
	// at least 1.
	Multiplier float64
	// Jitter is the share of the interval that is random, from above 0 to 1:
	// a wait is drawn evenly from above interval*(1-Jitter) to interval. Zero
	// means 1, full jitter: from above 0 to interval. A very small value, such
	// as 1e-9, gives practically fixed waits; processes that start together
	// then keep colliding.
	Jitter float64
	// MaxAttempts is the maximum number of times that the operation runs,
	// including the first. Zero means that only MaxElapsed limits it. It must
	// not be negative.
	MaxAttempts int
	// Notify, unless nil, is called before each wait, in the goroutine of Do.
	// err is the error of attempt number attempt (from 1). Notify is not called
	// for the error that ends Do. It delays the next attempt, and must be safe
	// for concurrent use if Do is called concurrently.
	Notify func(err error, attempt int, wait time.Duration)

	clock clock // nil: the system's
}

// Do runs op until op returns nil or an error that is not retryable, or until a
// limit is reached. It blocks meanwhile, and returns
//   - nil after an op that succeeded, even if ctx ended in the meantime;
//   - ctx.Err() itself if ctx had ended before the first attempt;
//   - an error that matches both ctx.Err() and the last op's error with
//     errors.Is if ctx ended later; check for ctx.Err() first;
//   - op's error unchanged if it is not retryable;
//   - *[ExhaustedError] if MaxElapsed or MaxAttempts is reached;
//   - [ErrConfig] for a field out of range or a nil op.
//
// Do allocates nothing and starts no timer unless op fails.
func (e Exponential) Do(ctx context.Context, op func(context.Context) error, retryable func(error) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if op == nil {
		return errNilOp
	}
	if err := e.complete(); err != nil {
		return err
	}
	start := e.clock.now()
	var intervals *backoff.ExponentialBackOff
	for attempt := 1; ; attempt++ {
		err := op(ctx)
		if err == nil {
			return nil
		}
		if cerr := ctx.Err(); cerr != nil {
			return interrupted(cerr, attempt, err)
		}
		if retryable == nil || !retryable(err) {
			return err
		}
		elapsed := e.clock.now().Sub(start)
		if attempt == e.MaxAttempts {
			return &ExhaustedError{Attempts: attempt, Elapsed: elapsed, Err: err}
		}
		if intervals == nil {
			intervals = e.intervals()
		}
		wait := jitter(intervals.NextBackOff(), e.Jitter)
		if wait > e.MaxElapsed-elapsed {
			return &ExhaustedError{Attempts: attempt, Elapsed: elapsed, Err: err}
		}
		if e.Notify != nil {
			e.Notify(err, attempt, wait)
		}
		e.clock.wait(ctx, wait)
		if cerr := ctx.Err(); cerr != nil {
			return interrupted(cerr, attempt, err)
		}
	}
}

// intervals returns a new policy: a policy has state and belongs to one Do. Do
// uses only its intervals. The library's jitter exceeds Max and reaches 0, its
// limit counts from another moment, and its loop runs the operation under an
// ended context.
func (e *Exponential) intervals() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(e.Initial),
		backoff.WithMaxInterval(e.Max),
		backoff.WithMultiplier(e.Multiplier),
		backoff.WithRandomizationFactor(0),
		backoff.WithMaxElapsedTime(0),
	)
}

// jitter draws a wait from above interval*(1-share) to interval.
func jitter(interval time.Duration, share float64) time.Duration {
	span := int64(interval)
	if share < 1 {
		span = int64(share * float64(interval))
	}
	return interval - time.Duration(rand.Int64N(max(span, 1)))
}

// complete checks the fields and sets the defaults.
func (e *Exponential) complete() error {
	switch {
	case e.Initial != 0 && e.Initial < shortest:
		return fmt.Errorf("%w: Initial is %v, want 0 (for %v) or at least %v", ErrConfig, e.Initial, defaultInitial, shortest)
	case e.Max != 0 && e.Max < shortest:
		return fmt.Errorf("%w: Max is %v, want 0 (for %v) or at least %v", ErrConfig, e.Max, defaultMax, shortest)
	case e.Max > 0 && e.Max < e.Initial:
		return fmt.Errorf("%w: Max is %v, want at least Initial, which is %v", ErrConfig, e.Max, e.Initial)
	case e.MaxElapsed < 0:
		return fmt.Errorf("%w: MaxElapsed is %v, want 0 (for %v) or more", ErrConfig, e.MaxElapsed, defaultMaxElapsed)
	case e.Multiplier != 0 && !(e.Multiplier >= 1 && e.Multiplier <= math.MaxFloat64):
		return fmt.Errorf("%w: Multiplier is %v, want 0 (for %v) or at least 1", ErrConfig, e.Multiplier, defaultMultiplier)
	case !(e.Jitter >= 0 && e.Jitter <= 1):
		return fmt.Errorf("%w: Jitter is %v, want from 0 (for %v) to 1", ErrConfig, e.Jitter, defaultJitter)
	case e.MaxAttempts < 0:
		return fmt.Errorf("%w: MaxAttempts is %d, want 0 (for no limit) or more", ErrConfig, e.MaxAttempts)
	}
	switch {
	case e.Initial == 0 && e.Max == 0:
		e.Initial, e.Max = defaultInitial, defaultMax
	case e.Initial == 0:
		e.Initial = min(defaultInitial, e.Max)
	case e.Max == 0:
		e.Max = max(defaultMax, e.Initial)
	}
	if e.MaxElapsed == 0 {
		e.MaxElapsed = defaultMaxElapsed
	}
	if e.Multiplier == 0 {
		e.Multiplier = defaultMultiplier
	}
	if e.Jitter == 0 {
		e.Jitter = defaultJitter
	}
	if e.clock == nil {
		e.clock = systemClock{}
	}
	return nil
}
