package workload

import (
	"context"
	"time"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// reopened is how often an existing file is opened in a run; the value is the
// median.
const reopened = 9

// open measures how long it takes until a table is ready for its first row.
func open(harness.Config) []harness.Case {
	return []harness.Case{{
		Workload: "open",
		Name:     "file and table",
		Only:     []string{"galley", "mattn", "modernc", "zombiezen", "ncruces", "gorm", "bun", "duckdb"},
		Metrics: []report.Metric{
			{Name: "open", Unit: "ms", Lower: true},
			{Name: "create", Unit: "ms", Lower: true},
		},
		Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
			opener, f := p.(peer.Opener), t.File(row.A)
			var took [1 + reopened]float64
			for i := range took {
				start := time.Now()
				c, err := opener.Open(ctx, f)
				took[i] = time.Since(start).Seconds() * 1000
				if err != nil {
					return nil, err
				}
				if err := c.Close(); err != nil {
					return nil, err
				}
			}
			return []float64{report.Median(took[1:]), took[0]}, harness.Verify(ctx, p, f, row.Tally{})
		},
	}}
}
