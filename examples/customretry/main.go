// Customretry writes through a Retrier of its own: it counts how often a batch
// had to be tried again, and gives up at a number that the program chooses.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"sync/atomic"
	"time"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// Steady tries again after the same wait, at most Times times.
type Steady struct {
	Wait    time.Duration
	Times   int
	Retried *atomic.Int64
}

// Do implements backoff.Retrier, whose rules the test checks. The lock is never
// held while it waits: op is one whole transaction.
func (s Steady) Do(ctx context.Context, op func(context.Context) error, retryable func(error) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for n := 0; ; n++ {
		err := op(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return errors.Join(ctx.Err(), err)
		case retryable == nil || !retryable(err) || n == s.Times:
			return err
		}
		s.Retried.Add(1)
		select {
		case <-ctx.Done():
		case <-time.After(s.Wait):
		}
		if ctx.Err() != nil { // select takes either where both are ready
			return errors.Join(ctx.Err(), err)
		}
	}
}

// Reading is a row.
type Reading struct {
	Sensor int64
	Value  float64
}

func main() {
	if err := run(context.Background(), "readings.db", os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, path string, w io.Writer) error {
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	var retried atomic.Int64
	readings, err := table.Open(ctx, db, table.Options[Reading]{
		Retrier: Steady{Wait: time.Millisecond, Times: 1000, Retried: &retried},
	})
	if err != nil {
		return err
	}
	if err := readings.Append(ctx, []Reading{{1, 20.5}, {2, 21}}); err != nil {
		return err
	}
	n, err := readings.Count(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "rows:", n, "tried again:", retried.Load())
	return nil
}
