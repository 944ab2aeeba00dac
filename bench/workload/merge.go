package workload

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// merge moves files of a tenth of Config.Rows rows into a new one. By hand that is
// ATTACH and INSERT … SELECT, which carries no keys.
func merge(cfg harness.Config) []harness.Case {
	var cases []harness.Case
	for _, of := range []struct {
		kind   row.Kind
		shards int
	}{{row.A, 10}, {row.A, 64}, {row.AIndexed, 10}, {row.AKeyed, 10}} {
		each := max(cfg.Rows/10, 1)
		cases = append(cases, harness.Case{
			Workload: "merge",
			Name:     fmt.Sprintf("%d x %s rows of %s", of.shards, thousand(each), of.kind),
			Only:     []string{"galley", "mattn", "c"},
			Metrics:  []report.Metric{rowsPerSecond, peakOfRun},
			Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
				list, err := t.Shards(ctx, of.kind, of.shards, each)
				if err != nil {
					return nil, err
				}
				want, err := tally(of.kind, of.shards*each)
				if err != nil {
					return nil, err
				}
				return moved(ctx, t, p, of.kind, "merge", list, want)
			},
		})
	}
	return cases
}

var peakOfRun = report.Metric{Name: "peak", Unit: "MB", Lower: true}

// tally is that of the first n rows.
func tally(k row.Kind, n int) (row.Tally, error) {
	return row.Stream(k, 0, n, 10_000, func(row.Batch) error { return nil })
}

// moved has a peer do the task in a process of its own, and checks the file.
func moved(ctx context.Context, t *harness.Trial, p peer.Peer, k row.Kind, task, source string, want row.Tally) ([]float64, error) {
	f := t.File(k)
	values := []float64{none, none}
	if program, ok := p.(peer.Program); ok {
		spent, err := program.(peer.Merger).Merge(ctx, f, source)
		if err != nil {
			return nil, err
		}
		values[0] = rate(want.Rows, spent)
	} else {
		child, err := spawn(ctx, job{Task: task, Peer: p.Name(), File: f, Source: source})
		if err != nil {
			return nil, err
		}
		a, err := child.wait()
		if err != nil {
			return nil, err
		}
		values[0] = rate(want.Rows, a.Took)
		if a.Peak > 0 {
			values[1] = float64(a.Peak) / 1e6
		}
	}
	return values, harness.Verify(ctx, p, f, want)
}
