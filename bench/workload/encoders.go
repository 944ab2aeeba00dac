package workload

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// encoders appends the same batches from one goroutine and from two. All rows
// are made beforehand.
func encoders(harness.Config) []harness.Case {
	return []harness.Case{{
		Workload: "encoders",
		Name:     "A from two goroutines",
		Only:     []string{"galley", "mattn", "ncruces"},
		Metrics: []report.Metric{
			{Name: "rows/s of two goroutines", Unit: "rows/s"},
			{Name: "rows/s of one goroutine", Unit: "rows/s"},
			{Name: "two against one", Unit: "x"},
			{Name: "write lock held", Unit: "us/row", Lower: true},
		},
		Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
			var batches []row.Batch
			for from := 0; from < t.Rows; from += t.Batch {
				batches = append(batches, row.NewBatch(row.A, min(t.Batch, t.Rows-from), from))
			}
			opener := p.(peer.Opener)
			f := t.File(row.A)
			two, held, err := appendFrom(ctx, opener, f, batches, 2)
			if err != nil {
				return nil, err
			}
			f.Path += "-one.db"
			one, _, err := appendFrom(ctx, opener, f, batches, 1)
			if err != nil {
				return nil, err
			}
			return []float64{two, one, two / one, held}, nil
		},
	}}
}

// appendFrom appends the batches from a number of goroutines and returns rows
// a second and, if the peer reports it, microseconds a row under the lock.
func appendFrom(ctx context.Context, p peer.Opener, f peer.File, batches []row.Batch, goroutines int) (persec, held float64, err error) {
	c, err := p.Open(ctx, f)
	if err != nil {
		return 0, 0, err
	}
	held = none
	var want row.Tally
	for _, b := range batches {
		want = want.Add(b.Tally())
	}
	var next atomic.Int64
	start := time.Now()
	err = together(goroutines, func(int) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(batches) {
				return nil
			}
			if err := c.Append(ctx, batches[i]); err != nil {
				return err
			}
		}
	})
	spent := time.Since(start)
	if h, ok := c.(peer.Holder); ok && err == nil {
		held = float64(h.Held().Nanoseconds()) / 1000 / float64(want.Rows)
	}
	start = time.Now()
	err = errors.Join(err, c.Close())
	spent += time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	return rate(want.Rows, spent), held, harness.Verify(ctx, p, f, want)
}

// together calls f(0), …, f(n-1) in goroutines of their own and waits for all.
func together(n int, f func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
