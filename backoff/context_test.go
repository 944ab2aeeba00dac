package backoff

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestEndedContextNeverRunsTheOperation(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, expired} {
		for _, r := range []Retrier{Exponential{}, None()} {
			calls := 0
			if err := r.Do(ctx, failing(0, nil, &calls), isBusy); err != ctx.Err() || calls != 0 {
				t.Errorf("%T: Do = %v after %d calls, want %v after none", r, err, calls, ctx.Err())
			}
		}
	}
}

// A busy wait that its context interrupts reports busy, which is retryable.
func TestContextIsAskedBeforeRetryable(t *testing.T) {
	for _, r := range []Retrier{Exponential{clock: &stepClock{}}, None()} {
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		err := r.Do(ctx, func(context.Context) error { calls++; cancel(); return errBusy }, func(error) bool {
			t.Errorf("%T: retryable was asked under a context that has ended", r)
			return true
		})
		if !errors.Is(err, context.Canceled) || !errors.Is(err, errBusy) || calls != 1 {
			t.Errorf("%T: Do = %v after %d calls, want both the context's error and busy after 1", r, err, calls)
		}
	}
}

func TestSuccessUnderAnEndedContextIsSuccess(t *testing.T) {
	for _, r := range []Retrier{Exponential{}, None()} {
		ctx, cancel := context.WithCancel(t.Context())
		if err := r.Do(ctx, func(context.Context) error { cancel(); return nil }, isBusy); err != nil {
			t.Errorf("%T: Do = %v, want nil", r, err)
		}
	}
}

func TestOperationThatReturnsTheContextsErrorKeepsItsIdentity(t *testing.T) {
	for _, r := range []Retrier{Exponential{}, None()} {
		ctx, cancel := context.WithCancel(t.Context())
		want := errors.Join(errors.New("insert"), context.Canceled)
		if err := r.Do(ctx, func(context.Context) error { cancel(); return want }, isBusy); err != want {
			t.Errorf("%T: Do = %#v, want %#v", r, err, want)
		}
	}
}

// The wait and the context may end together. The operation must not run then.
func TestContextThatEndsDuringAWait(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	clk := &stepClock{onWait: func(n int) {
		if n == 3 {
			cancel()
		}
	}}
	calls := 0
	err := Exponential{clock: clk}.Do(ctx, failing(1000, errBusy, &calls), isBusy)
	if !errors.Is(err, ctx.Err()) || !errors.Is(err, errBusy) || calls != 3 {
		t.Errorf("Do = %v after %d calls, want both the context's error and busy after 3", err, calls)
	}
	if _, ok := errors.AsType[*ExhaustedError](err); ok {
		t.Errorf("Do = %v, want no ExhaustedError: the context ended", err)
	}
}

func TestContextCutsTheSystemsWaitShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start, calls := time.Now(), 0
		err := Exponential{Initial: time.Hour, Jitter: 1e-9, MaxElapsed: 2 * time.Hour}.Do(ctx, failing(1000, errBusy, &calls), isBusy)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errBusy) || calls != 1 {
			t.Errorf("Do = %v after %d calls, want both the context's error and busy after 1", err, calls)
		}
		if got := time.Since(start); got != time.Second {
			t.Errorf("Do took %v, want a second", got)
		}
	})
}
