package backoff

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// What the zero values of Exponential's fields stand for.
const (
	defaultInitial    = 500 * time.Microsecond
	defaultMax        = 5 * time.Millisecond
	defaultMaxElapsed = 60 * time.Second
	defaultMultiplier = 1.5
	defaultJitter     = 1
)

// shortest is the least interval. Intervals are whole nanoseconds: from 1 ns
// on, times 1.5, they would never grow.
const shortest = time.Microsecond

// Exponential is a [Retrier] whose waits grow exponentially and are random.
// The zero value is ready to use and suits a database file that several
// processes write to. Copies are independent; one Exponential may be used by
// any number of goroutines, as Do changes nothing in it.
//
// A field out of its range makes Do return [ErrConfig] without running the
// operation.
type Exponential struct {
	// Initial is the interval before the second attempt; the interval grows
	// from there. Zero is 0.5 ms, or Max where that is shorter. Otherwise it
	// must be at least 1 µs: a shorter one is a unit forgotten.
	Initial time.Duration
	// Max caps the interval. Zero is 5 ms, or Initial where that is longer.
	// Otherwise it must be at least 1 µs, and not shorter than Initial.
	// Above some 50 ms writers that wait are starved by those that do not.
	Max time.Duration
	// MaxElapsed bounds the time since the start of Do: no wait begins that
	// would end later. An attempt under way is not cut short by it; give the
	// context a deadline for that. Zero is 60 s. It must not be negative;
	// math.MaxInt64 is as good as no limit.
	MaxElapsed time.Duration
	// Multiplier is what the interval grows by after each attempt. Zero is
	// 1.5, and 1 keeps the interval as it is. It must be finite and not below
	// 1.
	Multiplier float64
	// Jitter is the share of the interval that is random, from above 0 to 1:
	// a wait is drawn evenly from above interval*(1-Jitter) to interval. Zero
	// is 1, full jitter: from above 0 to interval. A very small value, such
	// as 1e-9, gives waits that are as good as fixed; processes that started
	// together then keep colliding.
	Jitter float64
	// MaxAttempts is how often the operation runs at most, the first time
	// included. Zero is no limit but MaxElapsed. It must not be negative.
	MaxAttempts int
	// Notify, unless nil, is called before each wait, in the goroutine of Do:
	// err is what attempt number attempt (from 1) failed with. It is not
	// called for the error that ends Do. It delays the next attempt, and must
	// be safe for as many goroutines as Do is called from.
	Notify func(err error, attempt int, wait time.Duration)

	clock clock // nil: the system's
}

// Do runs op until it returns nil, or an error for which retryable is false,
// or a limit is reached. It blocks meanwhile, and returns
//   - nil after an op that succeeded, even if ctx ended in the meantime;
//   - ctx.Err() itself where ctx had ended before the first attempt;
//   - an error that matches both ctx.Err() and the last op's error with
//     errors.Is where ctx ended later. Ask for the former first;
//   - op's error as it is where it is not retryable;
//   - *[ExhaustedError] where MaxElapsed or MaxAttempts is reached;
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

// intervals returns a fresh policy: policies have state and belong to one Do.
// It only says how the interval grows. Its own jitter reaches above Max and
// down to 0, its own limit counts from another moment, and its own loop runs
// the operation under a context that has ended.
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

// complete checks the fields and puts the defaults in.
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
