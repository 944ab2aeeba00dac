package main

import (
	"context"
	"errors"
	"log"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galley-db/galley/backoff/backofftest"
)

func Example() {
	dir, err := os.MkdirTemp("", "customretry")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := run(context.Background(), filepath.Join(dir, "readings.db"), os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// rows: 2 tried again: 0
}

var errBusy = errors.New("busy")

// TestSteady counts the attempts of an operation that fails a few times.
func TestSteady(t *testing.T) {
	for _, c := range []struct {
		failures, times int
		calls           int
		want            error
	}{
		{0, 3, 1, nil}, {2, 3, 3, nil}, {3, 3, 4, nil}, {9, 3, 4, errBusy},
	} {
		var retried atomic.Int64
		calls := 0
		err := Steady{Wait: time.Microsecond, Times: c.times, Retried: &retried}.Do(t.Context(), func(context.Context) error {
			if calls++; calls <= c.failures {
				return errBusy
			}
			return nil
		}, func(err error) bool { return err == errBusy })
		if err != c.want || calls != c.calls || int(retried.Load()) != calls-1 {
			t.Errorf("%d failures: error %v after %d calls, %d retries; want %v after %d", c.failures, err, calls, retried.Load(), c.want, c.calls)
		}
	}
}

func TestSteadyConforms(t *testing.T) {
	backofftest.Conform(t, Steady{Wait: time.Microsecond, Times: 3, Retried: new(atomic.Int64)})
}
