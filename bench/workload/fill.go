package workload

import (
	"context"
	"errors"
	"time"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/row"
)

// fill appends rows from, …, from+n-1 and returns the time that the appends
// took; rows are made while the clock stands still.
func fill(ctx context.Context, c peer.Conn, k row.Kind, from, n, batch int) (spent time.Duration, t row.Tally, err error) {
	t, err = row.Stream(k, from, n, batch, func(b row.Batch) error {
		start := time.Now()
		err := c.Append(ctx, b)
		spent += time.Since(start)
		return err
	})
	return spent, t, err
}

// load fills a new file with n rows, has it checked, and returns the time of
// the appends and of Close, so that work put off until then is counted too.
func load(ctx context.Context, t *harness.Trial, p peer.Peer, k row.Kind, n int) (time.Duration, error) {
	f := t.File(k)
	var spent time.Duration
	var want row.Tally
	var err error
	switch p := p.(type) {
	case peer.Opener:
		spent, want, err = loadOpen(ctx, p, f, n, t.Batch)
	case peer.Program:
		spent, err = loadProgram(ctx, t, p, peer.Order{Task: peer.Bulk, File: f, Batch: t.Batch, Workers: 1}, n)
		if err == nil {
			want, err = row.Stream(k, 0, n, t.Batch, func(row.Batch) error { return nil })
		}
	}
	if err != nil {
		return 0, err
	}
	return spent, harness.Verify(ctx, p, f, want)
}

func loadOpen(ctx context.Context, p peer.Opener, f peer.File, n, batch int) (time.Duration, row.Tally, error) {
	c, err := p.Open(ctx, f)
	if err != nil {
		return 0, row.Tally{}, err
	}
	spent, want, err := fill(ctx, c, f.Kind, 0, n, batch)
	start := time.Now()
	err = errors.Join(err, c.Close())
	return spent + time.Since(start), want, err
}

// loadProgram gives the program a source of n rows.
func loadProgram(ctx context.Context, t *harness.Trial, p peer.Program, o peer.Order, n int) (time.Duration, error) {
	source, err := t.Source(ctx, o.File.Kind, n)
	if err != nil {
		return 0, err
	}
	o.Source = source
	spent, _, err := p.Run(ctx, o)
	return spent, err
}
