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
			Only:     []string{"galley", "mattn", "c"},
			Metrics: []report.Metric{
				{Name: "rows/s at 50 x", Unit: "rows/s"},
				{Name: "rows/s at 10 x", Unit: "rows/s"},
				{Name: "rows/s at 1 x", Unit: "rows/s"},
				{Name: "50 x against 1 x", Unit: "x"},
			},
			Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
				if program, ok := p.(peer.Program); ok {
					return growProgram(ctx, t, program, k)
				}
				return grow(ctx, t, p.(peer.Opener), k)
			},
		})
	}
	return cases
}

const steps = 50

func grow(ctx context.Context, t *harness.Trial, p peer.Opener, k row.Kind) (_ []float64, err error) {
	f := t.File(k)
	c, err := p.Open(ctx, f)
	if err != nil {
		return nil, err
	}
	var want row.Tally
	at := make(map[int]float64)
	for step := 1; step <= steps && err == nil; step++ {
		spent, tally, failed := fill(ctx, c, k, (step-1)*t.Rows, t.Rows, t.Batch)
		at[step], want, err = rate(tally.Rows, spent), want.Add(tally), failed
	}
	if err := errors.Join(err, c.Close()); err != nil {
		return nil, err
	}
	return grown(at), harness.Verify(ctx, p, f, want)
}

// growProgram starts the program once a step, so that the clock also runs while it
// opens and closes the file.
func growProgram(ctx context.Context, t *harness.Trial, p peer.Program, k row.Kind) ([]float64, error) {
	f := t.File(k)
	var want row.Tally
	at := make(map[int]float64)
	for step := 1; step <= steps; step++ {
		first := (step - 1) * t.Rows
		err := t.With(ctx, k, first, t.Rows, func(source string) error {
			spent, _, err := p.Run(ctx, peer.Order{Task: peer.Bulk, File: f, Source: source, Batch: t.Batch, Workers: 1})
			at[step] = rate(int64(t.Rows), spent)
			return err
		})
		if err != nil {
			return nil, err
		}
		tally, err := row.Stream(k, first, t.Rows, t.Batch, func(row.Batch) error { return nil })
		if err != nil {
			return nil, err
		}
		want = want.Add(tally)
	}
	return grown(at), harness.Verify(ctx, p, f, want)
}

// grown are the metrics, of the rate of each step.
func grown(at map[int]float64) []float64 {
	return []float64{at[steps], at[10], at[1], at[steps] / at[1]}
}
