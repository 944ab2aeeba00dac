package workload

import (
	"context"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// bulk appends rows of each kind in large batches. The tables with a key or
// an index are held against the peers that spend their time in the engine.
func bulk(cfg harness.Config) []harness.Case {
	var cases []harness.Case
	for _, k := range row.Kinds {
		if k == row.Users { // which have a workload of their own
			continue
		}
		c := harness.Case{
			Workload: "bulk",
			Name:     k.String(),
			Metrics:  []report.Metric{rowsPerSecond},
			Can:      func(p peer.Peer) bool { return does(p, peer.Bulk) },
			Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
				spent, err := load(ctx, t, p, k, t.Rows)
				return []float64{rate(int64(t.Rows), spent)}, err
			},
		}
		if k == row.AKeyed || k == row.AIndexed {
			c.Only = []string{"galley", "mattn", "crawshaw", "c", "c-unrolled"}
		}
		cases = append(cases, c)
	}
	return cases
}
