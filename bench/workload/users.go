package workload

import (
	"context"
	"errors"
	"time"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// users is the first measurement of the public comparison of Go's drivers: users
// with a key and an index, all in one transaction, and all read back. Its figures
// are milliseconds, as the published ones are.
func users(cfg harness.Config) []harness.Case {
	return []harness.Case{{
		Workload: "users",
		Name:     thousand(cfg.Rows) + " in one transaction",
		Only:     []string{"galley", "galley-gen", "mattn", "modernc", "zombiezen", "crawshaw", "ncruces", "c", "c-unrolled"},
		Metrics: []report.Metric{
			{Name: "insert", Unit: "ms", Lower: true},
			{Name: "read", Unit: "ms", Lower: true},
		},
		Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
			f := t.File(row.Users)
			stored, err := storeUsers(ctx, t, p, f)
			if err != nil {
				return nil, err
			}
			values := []float64{milliseconds(stored), none}
			if program, ok := p.(peer.Program); ok && !program.Does(peer.Read) {
				return values, nil
			}
			spent, err := readBack(ctx, p, f)
			values[1] = milliseconds(spent)
			return values, err
		},
	}}
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// storeUsers fills a new file in one transaction, has it checked, and returns the
// time of the append and of Close.
func storeUsers(ctx context.Context, t *harness.Trial, p peer.Peer, f peer.File) (spent time.Duration, err error) {
	all := row.NewBatch(row.Users, t.Rows, 0)
	want := all.Tally()
	switch p := p.(type) {
	case peer.Program:
		spent, err = loadProgram(ctx, t, p, peer.Order{Task: peer.Bulk, File: f, Batch: t.Rows, Workers: 1}, t.Rows)
	case peer.Opener:
		spent, err = appendAll(ctx, p, f, all)
	}
	if err != nil {
		return 0, err
	}
	return spent, harness.Verify(ctx, p, f, want)
}

// appendAll stores rows as one batch, under a key where the peer has keys.
func appendAll(ctx context.Context, p peer.Opener, f peer.File, all row.Batch) (time.Duration, error) {
	c, err := p.Open(ctx, f)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if l, ok := c.(peer.Ledger); ok {
		_, err = l.AppendOnce(ctx, "users", all)
	} else {
		err = c.Append(ctx, all)
	}
	err = errors.Join(err, c.Close())
	return time.Since(start), err
}
