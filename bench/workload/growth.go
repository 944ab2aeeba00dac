package workload

import (
	"context"
	"errors"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// growth measures the rate of the last Config.Rows rows on the way to 1, 10
// and 50 times as many in the file, without and with a unique key. It takes
// minutes, and up to 10 GB in the folder for temporary files.
func growth(harness.Config) []harness.Case {
	var cases []harness.Case
	for _, k := range []row.Kind{row.A, row.AKeyed} {
		cases = append(cases, harness.Case{
			Workload: "growth",
			Name:     k.String(),
			Only:     []string{"galley", "mattn"},
			Metrics: []report.Metric{
				{Name: "rows/s at 50 x", Unit: "rows/s"},
				{Name: "rows/s at 10 x", Unit: "rows/s"},
				{Name: "rows/s at 1 x", Unit: "rows/s"},
				{Name: "50 x against 1 x", Unit: "x"},
			},
			Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
				return grow(ctx, t, p.(peer.Opener), k)
			},
		})
	}
	return cases
}

func grow(ctx context.Context, t *harness.Trial, p peer.Opener, k row.Kind) (_ []float64, err error) {
	f := t.File(k)
	c, err := p.Open(ctx, f)
	if err != nil {
		return nil, err
	}
	var want row.Tally
	at := make(map[int]float64)
	for step := 1; step <= 50 && err == nil; step++ {
		spent, tally, failed := fill(ctx, c, k, (step-1)*t.Rows, t.Rows, t.Batch)
		at[step], want, err = rate(tally.Rows, spent), want.Add(tally), failed
	}
	if err := errors.Join(err, c.Close()); err != nil {
		return nil, err
	}
	return []float64{at[50], at[10], at[1], at[50] / at[1]}, harness.Verify(ctx, p, f, want)
}
