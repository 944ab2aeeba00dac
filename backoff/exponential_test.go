package backoff

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	cenkalti "github.com/cenkalti/backoff/v4"
	"github.com/google/go-cmp/cmp"
)

var errBusy = errors.New("busy")

func isBusy(err error) bool { return errors.Is(err, errBusy) }

// stepClock jumps to the end of each wait and remembers it. It belongs to one
// Do.
type stepClock struct {
	t      time.Time
	waits  []time.Duration
	onWait func(n int) // called in the middle of the n-th wait, from 1
}

func (c *stepClock) now() time.Time { return c.t }

func (c *stepClock) wait(_ context.Context, d time.Duration) {
	c.waits = append(c.waits, d)
	if c.onWait != nil {
		c.onWait(len(c.waits))
	}
	c.t = c.t.Add(d)
}

// failing returns an operation that fails n times with err, and counts.
func failing(n int, err error, calls *int) func(context.Context) error {
	return func(context.Context) error {
		if *calls++; *calls <= n {
			return err
		}
		return nil
	}
}

func TestMaxAttemptsCountsEveryCall(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 10} {
		calls, clk := 0, &stepClock{}
		err := Exponential{MaxAttempts: limit, clock: clk}.Do(t.Context(), failing(1000, errBusy, &calls), isBusy)
		exhausted, ok := errors.AsType[*ExhaustedError](err)
		if !ok {
			t.Fatalf("MaxAttempts %d: Do = %v, want an ExhaustedError", limit, err)
		}
		if calls != limit || exhausted.Attempts != limit || len(clk.waits) != limit-1 {
			t.Errorf("MaxAttempts %d: %d calls, Attempts %d, %d waits", limit, calls, exhausted.Attempts, len(clk.waits))
		}
		if !errors.Is(err, errBusy) {
			t.Errorf("MaxAttempts %d: %v does not wrap the last error", limit, err)
		}
	}
}

func TestMaxElapsedStopsBeforeTheWait(t *testing.T) {
	clk := &stepClock{}
	calls := 0
	slow := func(context.Context) error { calls++; clk.t = clk.t.Add(400 * time.Millisecond); return errBusy }
	err := Exponential{MaxElapsed: time.Second, clock: clk}.Do(t.Context(), slow, isBusy)
	exhausted, ok := errors.AsType[*ExhaustedError](err)
	if !ok || calls != 3 {
		t.Fatalf("Do = %v after %d calls, want an ExhaustedError after 3", err, calls)
	}
	want := &ExhaustedError{Attempts: 3, Elapsed: 1200*time.Millisecond + clk.waits[0] + clk.waits[1], Err: errBusy}
	if diff := cmp.Diff(*want, *exhausted, cmp.Comparer(func(a, b error) bool { return a == b })); diff != "" {
		t.Errorf("ExhaustedError (-want +got):\n%s", diff)
	}
}

func TestDefaults(t *testing.T) {
	clk := &stepClock{}
	calls := 0
	err := Exponential{clock: clk}.Do(t.Context(), failing(math.MaxInt, errBusy, &calls), isBusy)
	exhausted, ok := errors.AsType[*ExhaustedError](err)
	if !ok || exhausted.Elapsed > 60*time.Second || exhausted.Elapsed < 60*time.Second-5*time.Millisecond {
		t.Fatalf("Do = %v, want to give up within 5 ms of 60 s", err)
	}
	bound, low, sum := 500*time.Microsecond, 0, time.Duration(0)
	for i, w := range clk.waits {
		if w <= 0 || w > bound {
			t.Fatalf("wait %d is %v, want above 0 and at most %v", i, w, bound)
		}
		if w < bound/2 {
			low++
		}
		sum += w
		bound = min(bound*3/2, 5*time.Millisecond)
	}
	// Full jitter: about 24,000 waits, half of them short. 1 % is 15 sigma off.
	if n := len(clk.waits); math.Abs(float64(low)/float64(n)-0.5) > 0.05 || n < 23_000 || n > 25_000 {
		t.Errorf("%d of %d waits in the lower half, want about 12,000 of 24,000", low, n)
	}
	if sum != exhausted.Elapsed || calls != len(clk.waits)+1 {
		t.Errorf("%d calls, waited %v, Elapsed %v", calls, sum, exhausted.Elapsed)
	}
}

func TestInitialAndMaxFillEachOther(t *testing.T) {
	for _, c := range []struct{ initial, max, wantInitial, wantMax time.Duration }{
		{0, 0, 500 * time.Microsecond, 5 * time.Millisecond},
		{10 * time.Millisecond, 0, 10 * time.Millisecond, 10 * time.Millisecond},
		{time.Microsecond, 0, time.Microsecond, 5 * time.Millisecond},
		{0, 100 * time.Microsecond, 100 * time.Microsecond, 100 * time.Microsecond},
		{0, time.Second, 500 * time.Microsecond, time.Second},
	} {
		e := Exponential{Initial: c.initial, Max: c.max}
		if err := e.complete(); err != nil || e.Initial != c.wantInitial || e.Max != c.wantMax {
			t.Errorf("Initial %v, Max %v became %v, %v, %v; want %v, %v", c.initial, c.max, e.Initial, e.Max, err, c.wantInitial, c.wantMax)
		}
	}
}

func TestConfigIsCheckedBeforeTheFirstCall(t *testing.T) {
	for _, c := range []struct {
		field string
		e     Exponential
	}{
		{"Initial", Exponential{Initial: -1}},
		{"Initial", Exponential{Initial: 999}},
		{"Max", Exponential{Max: -1}},
		{"Max", Exponential{Max: 999}},
		{"Max", Exponential{Initial: 2 * time.Second, Max: time.Second}},
		{"MaxElapsed", Exponential{MaxElapsed: -1}},
		{"Multiplier", Exponential{Multiplier: -1}},
		{"Multiplier", Exponential{Multiplier: 0.99}},
		{"Multiplier", Exponential{Multiplier: math.NaN()}},
		{"Multiplier", Exponential{Multiplier: math.Inf(1)}},
		{"Jitter", Exponential{Jitter: -0.1}},
		{"Jitter", Exponential{Jitter: 1.1}},
		{"Jitter", Exponential{Jitter: math.NaN()}},
		{"MaxAttempts", Exponential{MaxAttempts: -1}},
	} {
		calls := 0
		err := c.e.Do(t.Context(), failing(0, nil, &calls), isBusy)
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), ": "+c.field+" is") || calls != 0 {
			t.Errorf("%+v: Do = %v after %d calls, want ErrConfig that names %s, and none", c.e, err, calls, c.field)
		}
	}
	for _, r := range []Retrier{Exponential{}, None()} {
		if err := r.Do(t.Context(), nil, isBusy); !errors.Is(err, ErrConfig) {
			t.Errorf("%T: Do of a nil op = %v, want ErrConfig", r, err)
		}
	}
}

// The library strips every error wrapped around its own permanent error.
func TestErrorThatIsNotRetryableKeepsItsIdentity(t *testing.T) {
	for _, want := range []error{
		errors.New("constraint failed"),
		fmt.Errorf("row 7: %w", cenkalti.Permanent(errBusy)),
		&ExhaustedError{Attempts: 1, Err: errBusy},
	} {
		for _, r := range []Retrier{Exponential{clock: &stepClock{}}, None()} {
			calls := 0
			got := r.Do(t.Context(), failing(1000, want, &calls), func(error) bool { return false })
			if got != want || calls != 1 {
				t.Errorf("%T: Do = %#v after %d calls, want %#v after 1", r, got, calls, want)
			}
			if got := r.Do(t.Context(), failing(2000, want, &calls), nil); got != want || calls != 2 {
				t.Errorf("%T: Do with a nil retryable = %#v, want %#v", r, got, want)
			}
		}
	}
}

func TestNoneTriesOnce(t *testing.T) {
	calls := 0
	if err := None().Do(t.Context(), failing(1, errBusy, &calls), isBusy); err != errBusy || calls != 1 {
		t.Errorf("Do = %v after %d calls, want busy after 1", err, calls)
	}
	if err := None().Do(t.Context(), failing(1, errBusy, &calls), isBusy); err != nil {
		t.Errorf("Do = %v, want nil", err)
	}
}

func TestNotifyBeforeEachWait(t *testing.T) {
	type note struct {
		Attempt int
		Wait    time.Duration
	}
	var got, want []note
	clk, calls := &stepClock{}, 0
	e := Exponential{clock: clk, Notify: func(err error, attempt int, wait time.Duration) {
		if err != errBusy || len(clk.waits) != attempt-1 {
			t.Errorf("Notify(%v, %d) after %d waits", err, attempt, len(clk.waits))
		}
		got = append(got, note{attempt, wait})
	}}
	if err := e.Do(t.Context(), failing(4, errBusy, &calls), isBusy); err != nil {
		t.Fatal(err)
	}
	for i, w := range clk.waits {
		want = append(want, note{i + 1, w})
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 4 {
		t.Errorf("%d notes (-want +got):\n%s", len(got), diff)
	}
}

// One value serves all goroutines. If they shared a policy, the race detector
// would report it, and the number of attempts would be wrong.
func TestManyGoroutinesShareOneValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := Exponential{MaxAttempts: 20}
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				calls := 0
				err := e.Do(t.Context(), failing(1000, errBusy, &calls), isBusy)
				if exhausted, ok := errors.AsType[*ExhaustedError](err); !ok || exhausted.Attempts != 20 || calls != 20 {
					t.Errorf("Do = %v after %d calls, want 20", err, calls)
				}
			})
		}
		wg.Wait()
	})
}

func TestSystemClockWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, calls := time.Now(), 0
		var waited time.Duration
		e := Exponential{Initial: time.Hour, MaxElapsed: 24 * time.Hour, Notify: func(_ error, _ int, w time.Duration) { waited += w }}
		if err := e.Do(t.Context(), failing(5, errBusy, &calls), isBusy); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got != waited || got == 0 {
			t.Errorf("Do took %v, want the waits told to Notify, %v", got, waited)
		}
	})
}

func TestExhaustedErrorSaysWhatToDo(t *testing.T) {
	err := &ExhaustedError{Attempts: 1, Elapsed: 3 * time.Second, Err: errBusy}
	want := "backoff: gave up after 1 attempt in 3s: busy; raise MaxElapsed (or MaxAttempts)"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	err.Err = fmt.Errorf("insert: %w", locked{})
	want = "backoff: gave up after 1 attempt in 3s: insert: locked; raise MaxElapsed (or MaxAttempts), or find out which process holds the lock"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("message with advice (-want +got):\n%s", diff)
	}
}

// locked is an error with advice of its own.
type locked struct{}

func (locked) Error() string  { return "locked" }
func (locked) Advice() string { return "find out which process holds the lock" }
