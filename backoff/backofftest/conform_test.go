package backofftest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/backoff/backofftest"
)

// TestMain fails when a goroutine is left at the end.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestGalleysRetriersConform(t *testing.T) {
	backofftest.Conform(t, backoff.None())
	backofftest.Conform(t, backoff.Exponential{})
	backofftest.Conform(t, backoff.Exponential{MaxAttempts: 2})
}

// naive is a retry loop as it is often written, with one fault.
type naive struct{ fault string }

func (n naive) Do(ctx context.Context, op func(context.Context) error, retryable func(error) bool) error {
	if n.fault != "no call under an ended context" && ctx.Err() != nil {
		return ctx.Err()
	}
	for try := 1; ; try++ {
		var err error
		if n.fault == "a retryable error is tried again" {
			done := make(chan error)
			go func() { done <- op(ctx) }()
			err = <-done
		} else {
			err = op(ctx)
		}
		if err == nil {
			if n.fault == "success counts" && ctx.Err() != nil {
				return ctx.Err()
			}
			if n.fault == "success ends" && try == 1 {
				continue
			}
			return nil
		}
		if ctx.Err() != nil {
			if n.fault == "during a call" {
				return ctx.Err()
			}
			return errors.Join(ctx.Err(), err)
		}
		if retryable == nil && n.fault != "without retryable" || retryable != nil && !retryable(err) {
			if n.fault == "returned unchanged" {
				return fmt.Errorf("gave up: %w", err)
			}
			return err
		}
		if try == 9 {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Microsecond):
		}
		if ctx.Err() != nil { // select takes either where both are ready
			if n.fault == "during a wait" {
				return ctx.Err()
			}
			return errors.Join(ctx.Err(), err)
		}
	}
}

// recorder takes errors instead of failing.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(f string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(f, args...))
}

// Each fault is found, and nothing else is reported.
func TestEachFaultIsReported(t *testing.T) {
	backofftest.Conform(t, naive{})
	for _, fault := range []string{
		"no call under an ended context", "success ends", "a retryable error is tried again", "returned unchanged",
		"without retryable", "during a call", "during a wait", "success counts",
	} {
		r := &recorder{TB: t}
		backofftest.Conform(r, naive{fault})
		if len(r.errors) == 0 || !strings.Contains(r.errors[0], fault) {
			t.Errorf("%s: reported are %q", fault, r.errors)
		}
	}
}
