package workload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// read reads every row of A back into a struct. Each peer reads the file that
// it has just written, from a connection opened afterwards.
func read(cfg harness.Config) []harness.Case {
	return []harness.Case{{
		Workload: "read",
		Name:     thousand(cfg.Rows) + " rows of A",
		Only:     []string{"galley", "galley-gen", "mattn", "modernc", "zombiezen", "crawshaw", "ncruces", "c", "python"},
		Metrics:  []report.Metric{rowsPerSecond},
		Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
			if _, err := load(ctx, t, p, row.A, t.Rows); err != nil {
				return nil, err
			}
			spent, err := readBack(ctx, p, t.File(row.A))
			return []float64{rate(int64(t.Rows), spent)}, err
		},
	}}
}

// readBack reads all rows of a file that holds the right ones, and checks that the
// reader has seen them.
func readBack(ctx context.Context, p peer.Peer, f peer.File) (spent time.Duration, err error) {
	var got row.Tally
	switch p := p.(type) {
	case peer.Program:
		spent, got, err = p.Run(ctx, peer.Order{Task: peer.Read, File: f, Workers: 1})
	case peer.Opener:
		spent, got, err = scan(ctx, p, f)
	}
	if err != nil {
		return 0, err
	}
	return spent, harness.Verify(ctx, p, f, got)
}

func scan(ctx context.Context, p peer.Opener, f peer.File) (time.Duration, row.Tally, error) {
	c, err := p.Open(ctx, f)
	if err != nil {
		return 0, row.Tally{}, err
	}
	s, ok := c.(peer.Scanner)
	if !ok {
		return 0, row.Tally{}, errors.Join(fmt.Errorf("%s does not read", p.Name()), c.Close())
	}
	start := time.Now()
	got, err := s.Scan(ctx)
	spent := time.Since(start)
	return spent, got, errors.Join(err, c.Close())
}
