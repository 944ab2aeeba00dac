package workload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// trickle appends single rows. A run goes by time, since peers differ by
// orders of magnitude.
func trickle(harness.Config) []harness.Case {
	var cases []harness.Case
	for _, full := range []bool{false, true} {
		for _, goroutines := range []int{1, 16, 256} {
			name := fmt.Sprintf("%d goroutines, %s", goroutines, peer.Settings{Full: full}.Synchronous())
			if goroutines == 1 {
				name = "1 goroutine, " + peer.Settings{Full: full}.Synchronous()
			}
			cases = append(cases, harness.Case{
				Workload: "trickle",
				Name:     name,
				Only:     []string{"galley", "mattn", "ncruces"},
				Metrics: []report.Metric{
					{Name: "appends/s", Unit: "appends/s"},
					{Name: "longest append", Unit: "ms", Lower: true},
				},
				Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
					f := t.File(row.A)
					f.Settings.Full = full
					return trickleRun(ctx, t, p.(peer.Opener), f, goroutines)
				},
			})
		}
	}
	return cases
}

// lap is how many different rows each goroutine appends before it starts over.
const lap = 64

func trickleRun(ctx context.Context, t *harness.Trial, p peer.Opener, f peer.File, goroutines int) ([]float64, error) {
	singles := make([][]row.Batch, goroutines)
	for g := range singles {
		for i := range lap {
			singles[g] = append(singles[g], row.NewBatch(row.A, 1, g*lap+i))
		}
	}
	c, err := p.Open(ctx, f)
	if err != nil {
		return nil, err
	}
	tallies := make([]row.Tally, goroutines)
	longest := make([]time.Duration, goroutines)
	start := time.Now()
	err = together(goroutines, func(g int) error {
		tallies[g], longest[g], err = appendFor(ctx, c, singles[g], start.Add(t.Duration))
		return err
	})
	spent := time.Since(start)
	if err := errors.Join(err, c.Close()); err != nil {
		return nil, err
	}
	var want row.Tally
	for _, tally := range tallies {
		want = want.Add(tally)
	}
	values := []float64{rate(want.Rows, spent), slices.Max(longest).Seconds() * 1000}
	return values, harness.Verify(ctx, p, f, want)
}

// appendFor appends the batches over and over until a time, and returns what
// was stored and how long the slowest append took, waiting included.
func appendFor(ctx context.Context, c peer.Conn, batches []row.Batch, until time.Time) (sum row.Tally, longest time.Duration, err error) {
	tallies := make([]row.Tally, len(batches))
	for i, b := range batches {
		tallies[i] = b.Tally()
	}
	before := time.Now()
	for i := 0; before.Before(until) || i == 0; i++ {
		n := i % len(batches)
		if err := c.Append(ctx, batches[n]); err != nil {
			return sum, longest, err
		}
		sum = sum.Add(tallies[n])
		after := time.Now()
		longest = max(longest, after.Sub(before))
		before = after
	}
	return sum, longest, nil
}
