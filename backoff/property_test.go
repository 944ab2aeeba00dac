package backoff

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestDoAgainstModel compares Do with a simple model of its promises.
func TestDoAgainstModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		initial := rapid.Int64Range(1e3, 1e9).Draw(rt, "initial")
		e := Exponential{
			Initial:     time.Duration(initial),
			Max:         time.Duration(rapid.Int64Range(initial, 1e10).Draw(rt, "max")),
			MaxElapsed:  time.Duration(rapid.Int64Range(1, 1e11).Draw(rt, "maxElapsed")),
			Multiplier:  rapid.Float64Range(1, 10).Draw(rt, "multiplier"),
			Jitter:      rapid.Float64Range(1e-9, 1).Draw(rt, "jitter"),
			MaxAttempts: rapid.IntRange(0, 40).Draw(rt, "maxAttempts"),
		}
		clk := &stepClock{}
		e.clock = clk
		busy := rapid.IntRange(0, 60).Draw(rt, "busy")
		var last error // what the operation ends with when it is no longer busy
		if rapid.Bool().Draw(rt, "fails") {
			last = errors.New("constraint failed")
		}
		var running time.Duration // in the operation
		var returned []error
		op := func(context.Context) error {
			d := time.Duration(rapid.Int64Range(0, 1e9).Draw(rt, "running"))
			running += d
			clk.t = clk.t.Add(d)
			err := last
			if len(returned) < busy {
				err = fmt.Errorf("attempt %d: %w", len(returned)+1, errBusy)
			}
			returned = append(returned, err)
			return err
		}
		err := e.Do(context.Background(), op, isBusy)

		calls := len(returned)
		if e.MaxAttempts > 0 && calls > e.MaxAttempts || calls > busy+1 || calls == 0 {
			rt.Fatalf("%d calls, of %d allowed and %d needed", calls, e.MaxAttempts, busy+1)
		}
		if len(clk.waits) != calls-1 {
			rt.Fatalf("%d waits between %d calls", len(clk.waits), calls)
		}
		interval, waited := e.Initial, time.Duration(0) // intervals are whole nanoseconds
		for i, w := range clk.waits {
			waited += w
			if w > interval || float64(w) < float64(interval)*(1-e.Jitter) || w <= 0 {
				rt.Fatalf("wait %d is %v, of an interval of %v with jitter %v", i, w, interval, e.Jitter)
			}
			interval = min(time.Duration(float64(interval)*e.Multiplier), e.Max)
		}
		elapsed := running + waited
		exhausted, ok := errors.AsType[*ExhaustedError](err)
		switch {
		case !ok:
			if calls != busy+1 || err != last {
				rt.Fatalf("Do = %v after %d calls, want %v after %d", err, calls, last, busy+1)
			}
		case exhausted.Err != returned[calls-1] || exhausted.Attempts != calls || exhausted.Elapsed != elapsed:
			rt.Fatalf("%#v, want %d attempts in %v, the last with %v", exhausted, calls, elapsed, returned[calls-1])
		case calls == e.MaxAttempts:
		case elapsed+interval <= e.MaxElapsed:
			rt.Fatalf("gave up after %v, with room for a wait of %v before %v", elapsed, interval, e.MaxElapsed)
		}
		// The last wait ended in time; only the last attempt may go beyond.
		if calls > 1 && waited > e.MaxElapsed {
			rt.Fatalf("waited %v, want at most %v", waited, e.MaxElapsed)
		}
	})
}
