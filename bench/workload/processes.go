package workload

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// processCount is the number of processes that share a file.
const processCount = 8

// processes appends sessions from processes that share a file. The longest
// append is waiting and writing together.
func processes(harness.Config) []harness.Case {
	return []harness.Case{{
		Workload: "processes",
		Name:     fmt.Sprintf("%d processes, %d-row appends", processCount, row.SessionRows),
		Only:     []string{"galley", "mattn", "ncruces"},
		Metrics: []report.Metric{
			{Name: "rows/s of all", Unit: "rows/s"},
			{Name: "rows/s of one alone", Unit: "rows/s"},
			{Name: "all against one alone", Unit: "x"},
			{Name: "longest append", Unit: "ms", Lower: true},
			{Name: "slowest against fastest", Unit: "x"},
		},
		Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
			f := t.File(row.A)
			all, err := share(ctx, t, p, f, processCount)
			if err != nil {
				return nil, err
			}
			f.Path += "-one.db"
			one, err := share(ctx, t, p, f, 1)
			if err != nil {
				return nil, err
			}
			longest := all.longest.Seconds() * 1000
			return []float64{all.rate, one.rate, all.rate / one.rate, longest, all.slowest / all.fastest}, nil
		},
	}}
}

// shared is what n processes on one file did.
type shared struct {
	rate             float64 // rows a second of all
	slowest, fastest float64 // rows a second of one process
	longest          time.Duration
}

func share(ctx context.Context, t *harness.Trial, p peer.Peer, f peer.File, n int) (s shared, err error) {
	// An error in one child ends the others.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c, err := p.(peer.Opener).Open(ctx, f)
	if err != nil {
		return s, err
	}
	if err := c.Close(); err != nil {
		return s, err
	}
	var children []*process
	for i := range n {
		child, err := spawn(ctx, job{
			Task: "append", Peer: p.Name(), File: f, Batch: row.SessionRows,
			First: i * 16 * row.SessionRows, Duration: t.Duration,
		})
		if err != nil {
			return s, err
		}
		children = append(children, child)
	}
	for _, child := range children {
		if err := child.ready(); err != nil {
			_, waited := child.wait()
			return s, errors.Join(err, waited)
		}
	}
	for _, child := range children {
		if err := child.start(); err != nil {
			return s, err
		}
	}
	var want row.Tally
	s.slowest = math.Inf(1)
	for _, child := range children {
		a, err := child.wait()
		if err != nil {
			return s, err
		}
		want = want.Add(a.Tally)
		r := rate(a.Tally.Rows, a.Took)
		s.rate += r
		s.slowest, s.fastest = min(s.slowest, r), max(s.fastest, r)
		s.longest = max(s.longest, a.Longest)
	}
	return s, harness.Verify(ctx, p, f, want)
}
