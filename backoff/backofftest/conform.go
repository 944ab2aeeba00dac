// Package backofftest checks that a Retrier keeps the rules of
// [backoff.Retrier], which galley relies on. Call Conform from a test of
// your implementation.
package backofftest

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/galley-db/galley/backoff"
)

var (
	errBusy  = errors.New("busy")
	errFatal = errors.New("fatal")
)

// maxCalls ends a Retrier that never gives up.
const maxCalls = 100

// Conform reports each rule that r breaks as an error of t. r may try an
// operation as often as it likes, also once only; its waits are really waited
// for, so make them short. Conform calls r from several goroutines: run it with
// the race detector too.
func Conform(t testing.TB, r backoff.Retrier) {
	t.Helper()
	for _, rule := range rules {
		if broken := rule.check(r); broken != "" {
			t.Errorf("%s: %s", rule.name, broken)
		}
	}
}

// rules are the sentences of backoff.Retrier. check returns how r breaks one.
var rules = []struct {
	name  string
	check func(r backoff.Retrier) (broken string)
}{
	{"no call under an ended context", endedBefore},
	{"success ends Do", success},
	{"a retryable error is tried again, or returned", retried},
	{"another error is returned unchanged", fatal},
	{"without retryable, no error is retryable", nilRetryable},
	{"a context that ends during a call ends Do, with both errors", endedDuring},
	{"a context that ends during a wait ends Do, with both errors", endedWaiting},
	{"success counts, although the context has ended", endedAfter},
	{"several goroutines may call Do", concurrent},
}

func isBusy(err error) bool { return errors.Is(err, errBusy) }

func endedBefore(r backoff.Retrier) string {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	calls := 0
	err := r.Do(ctx, func(context.Context) error { calls++; return nil }, isBusy)
	switch {
	case calls > 0:
		return "the operation was called"
	case !errors.Is(err, context.Canceled):
		return "the error does not match ctx.Err()"
	}
	return ""
}

func success(r backoff.Retrier) string {
	calls := 0
	err := r.Do(context.Background(), func(context.Context) error { calls++; return nil }, isBusy)
	switch {
	case err != nil:
		return "it returns an error"
	case calls != 1:
		return "the operation was not called once"
	}
	return ""
}

func retried(r backoff.Retrier) string {
	caller, elsewhere := goroutine(), false
	calls := 0
	err := r.Do(context.Background(), func(context.Context) error {
		elsewhere = elsewhere || goroutine() != caller
		if calls++; calls < 3 {
			return errBusy
		}
		return nil
	}, isBusy)
	switch {
	case elsewhere:
		return "the operation was called in another goroutine"
	case calls > 3:
		return "the operation was called after it had succeeded"
	case calls == 3 && err != nil:
		return "it returns an error of an attempt before the last"
	case calls < 3 && !errors.Is(err, errBusy):
		return "it gave up, and its error does not wrap that of the operation"
	}
	return ""
}

func fatal(r backoff.Retrier) string {
	calls := 0
	err := r.Do(context.Background(), func(context.Context) error { calls++; return errFatal }, isBusy)
	return once(calls, err, errFatal)
}

func nilRetryable(r backoff.Retrier) (broken string) {
	defer func() {
		if recover() != nil {
			broken = "it panics"
		}
	}()
	calls := 0
	err := r.Do(context.Background(), func(context.Context) error { calls++; return errBusy }, nil)
	return once(calls, err, errBusy)
}

func once(calls int, err, want error) string {
	switch {
	case calls != 1:
		return "the operation was called again"
	case err != want: //nolint:errorlint // unchanged is the rule
		return "the error is another one"
	}
	return ""
}

func endedDuring(r backoff.Retrier) string {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	calls, asked := 0, false
	err := r.Do(ctx, func(context.Context) error {
		calls++
		cancel()
		return errBusy
	}, func(error) bool { asked = true; return true })
	if asked {
		return "it called retryable after the context had ended"
	}
	return both(calls, 1, err)
}

func endedWaiting(r backoff.Retrier) string {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	calls := 0
	err := r.Do(ctx, func(context.Context) error { calls++; return errBusy }, func(error) bool {
		if calls == maxCalls {
			return false
		}
		cancel() // the wait comes after this
		return true
	})
	if calls == 1 && errors.Is(err, errBusy) && !errors.Is(err, context.Canceled) {
		return "" // it gives up after one attempt, and does not wait
	}
	return both(calls, 1, err)
}

func both(calls, want int, err error) string {
	switch {
	case calls > want:
		return "the operation was called under an ended context"
	case !errors.Is(err, context.Canceled):
		return "the error does not match ctx.Err()"
	case !errors.Is(err, errBusy):
		return "the error does not match that of the operation"
	}
	return ""
}

func endedAfter(r backoff.Retrier) string {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := r.Do(ctx, func(context.Context) error { cancel(); return nil }, isBusy); err != nil {
		return "it returns an error"
	}
	return ""
}

func concurrent(r backoff.Retrier) string {
	var wg sync.WaitGroup
	broken := make([]string, 8)
	for i := range broken {
		wg.Go(func() {
			for range 20 {
				if how := retried(r); how != "" {
					broken[i] = how
				}
			}
		})
	}
	wg.Wait()
	for _, how := range broken {
		if how != "" {
			return how
		}
	}
	return ""
}

// goroutine is the number of the running goroutine.
func goroutine() string {
	var stack [64]byte
	text := stack[:runtime.Stack(stack[:], false)]
	number, _, _ := bytes.Cut(bytes.TrimPrefix(text, []byte("goroutine ")), []byte(" "))
	return string(number)
}
