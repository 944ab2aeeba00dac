package workload

import (
	"context"
	"errors"
	"strconv"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// memory is the peak of a process that does bulk or sessions and nothing
// else, at two sizes. The rows are made slice by slice, so that what grows
// with their number is the peer's.
func memory(cfg harness.Config) []harness.Case {
	var cases []harness.Case
	for _, task := range []string{"bulk", "sessions"} {
		rows := cfg.Rows
		if task == "sessions" {
			rows = cfg.Sessions() * row.SessionRows
		}
		cases = append(cases, harness.Case{
			Workload: "memory",
			Name:     task + ", " + thousand(rows) + " rows and 10 x",
			Only:     []string{"galley", "mattn", "ncruces"},
			Metrics: []report.Metric{
				{Name: "peak at 10 x", Unit: "MB", Lower: true},
				{Name: "peak at 1 x", Unit: "MB", Lower: true},
				{Name: "peak of an idle process", Unit: "MB", Lower: true},
			},
			Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
				return memoryOf(ctx, t, p, task, rows)
			},
		})
	}
	return cases
}

// memoryOf also starts a process that does nothing, since this program has
// libraries of other peers in it (DuckDB's, above all) that take room in every
// process.
func memoryOf(ctx context.Context, t *harness.Trial, p peer.Peer, task string, rows int) ([]float64, error) {
	var peaks []float64
	for _, n := range []int{10 * rows, rows} {
		f := t.File(row.A)
		f.Path += "-" + strconv.Itoa(n)
		peak, err := peakOf(ctx, job{Task: task, Peer: p.Name(), File: f, Rows: n, Batch: t.Batch})
		if err != nil {
			return nil, err
		}
		want, err := row.Stream(row.A, 0, n, t.Batch, func(row.Batch) error { return nil })
		if err != nil {
			return nil, err
		}
		if err := harness.Verify(ctx, p, f, want); err != nil {
			return nil, err
		}
		peaks = append(peaks, peak)
	}
	idle, err := peakOf(ctx, job{Task: "idle", Peer: p.Name()})
	return append(peaks, idle), err
}

// peakOf is the peak of a child in megabytes.
func peakOf(ctx context.Context, j job) (float64, error) {
	child, err := spawn(ctx, j)
	if err != nil {
		return 0, err
	}
	a, err := child.wait()
	if err != nil {
		return 0, err
	}
	if a.Peak == 0 {
		return 0, errors.Join(peer.ErrMissing, errors.New("peak memory is read from /proc"))
	}
	return float64(a.Peak) / 1e6, nil
}
