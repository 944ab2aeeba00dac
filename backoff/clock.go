package backoff

import (
	"context"
	"time"
)

// clock is a Retrier's source of time. Tests replace it with a clock whose waits
// return at once.
type clock interface {
	now() time.Time
	// wait returns after d, or earlier when ctx ends.
	wait(ctx context.Context, d time.Duration)
}

type systemClock struct{}

func (systemClock) now() time.Time { return time.Now() }

func (systemClock) wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
