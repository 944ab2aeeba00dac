package workload

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// sessionWorkers is the number of goroutines, or of pandas' threads.
const sessionWorkers = 8

// sessions stores whole sessions, each a transaction together with the key
// that makes it once. pandas keeps no such key: it is the way that pipelines
// have, not the same promise.
func sessions(cfg harness.Config) []harness.Case {
	return []harness.Case{{
		Workload: "sessions",
		Name:     fmt.Sprintf("%s x %d rows, %d workers", thousand(cfg.Sessions()), row.SessionRows, sessionWorkers),
		Only:     []string{"galley", "mattn", "modernc", "ncruces", "pandas"},
		Metrics:  []report.Metric{rowsPerSecond},
		Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
			f := t.File(row.A)
			n := t.Sessions()
			batches := make([]row.Batch, n)
			var want row.Tally
			for i := range batches {
				batches[i] = row.NewBatch(row.A, row.SessionRows, i*row.SessionRows)
				want = want.Add(batches[i].Tally())
			}
			var spent time.Duration
			var err error
			switch p := p.(type) {
			case peer.Program:
				order := peer.Order{Task: peer.Sessions, File: f, Batch: row.SessionRows, Workers: sessionWorkers}
				spent, err = loadProgram(ctx, t, p, order, n*row.SessionRows)
			case peer.Opener:
				spent, err = storeSessions(ctx, p, f, n, func(i int) row.Batch { return batches[i] })
			}
			if err != nil {
				return nil, err
			}
			return []float64{rate(want.Rows, spent)}, harness.Verify(ctx, p, f, want)
		},
	}}
}

// storeSessions stores sessions 0 to n-1, and tries the first once more, which
// must change nothing.
func storeSessions(ctx context.Context, p peer.Opener, f peer.File, n int, session func(i int) row.Batch) (time.Duration, error) {
	c, err := p.Open(ctx, f)
	if err != nil {
		return 0, err
	}
	ledger, ok := c.(peer.Ledger)
	if !ok {
		return 0, errors.Join(fmt.Errorf("%s has no ledger", p.Name()), c.Close())
	}
	var next atomic.Int64
	start := time.Now()
	err = together(sessionWorkers, func(int) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= n {
				return nil
			}
			applied, err := ledger.AppendOnce(ctx, sessionKey(i), session(i))
			if err == nil && !applied {
				err = fmt.Errorf("session %d was there already", i)
			}
			if err != nil {
				return err
			}
		}
	})
	spent := time.Since(start)
	if err == nil {
		applied, again := ledger.AppendOnce(ctx, sessionKey(0), session(0))
		if err = again; applied {
			err = errors.Join(err, errors.New("session 0 was stored twice"))
		}
	}
	start = time.Now()
	err = errors.Join(err, c.Close())
	return spent + time.Since(start), err
}

func sessionKey(i int) string { return fmt.Sprintf("sub-%06d/ses-%02d", i/2, i%2+1) }
