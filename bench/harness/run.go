package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
)

// Run measures cases with peers and returns a result for each metric of each
// peer that can do the case. A peer that fails is measured no further in that
// case: its results carry a note, and its error is joined to Run's own, and
// the results stay valid. Progress goes to log.
func Run(ctx context.Context, cfg Config, cases []Case, peers []peer.Peer, log io.Writer) (results []report.Result, err error) {
	root, err := os.MkdirTemp("", "galleybench")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	missing := make(map[string]error)
	for _, p := range peers {
		if err := p.Check(ctx); err != nil {
			missing[p.Name()] = err
			fmt.Fprintf(log, "%s: %v\n", p.Name(), strings.ReplaceAll(err.Error(), "\n", ": "))
		}
	}
	src := &sources{dir: root, made: make(map[string]bool)}
	var failures []error
	for i := range cases {
		if ctx.Err() != nil {
			break
		}
		r := caseRun{Case: &cases[i], cfg: cfg, root: root, sources: src, log: log,
			values: make(map[string][][]float64), notes: make(map[string]string)}
		for _, p := range peers {
			if !r.wants(p) {
				continue
			}
			r.peers = append(r.peers, p)
			if missing[p.Name()] != nil {
				r.notes[p.Name()] = note(missing[p.Name()])
			}
		}
		failures = append(failures, r.run(ctx)...)
		results = append(results, r.results()...)
	}
	report.Summarize(results)
	return results, errors.Join(append(failures, ctx.Err())...)
}

func note(err error) string {
	if errors.Is(err, peer.ErrMissing) {
		return peer.ErrMissing.Error()
	}
	return "failed"
}

// caseRun is the state of one case.
type caseRun struct {
	*Case
	cfg     Config
	root    string
	sources *sources
	log     io.Writer
	peers   []peer.Peer
	values  map[string][][]float64 // by peer: one slice a metric
	notes   map[string]string      // by peer: why there are no values
}

func (r *caseRun) wants(p peer.Peer) bool {
	return (r.Only == nil || slices.Contains(r.Only, p.Name())) && (r.Can == nil || r.Can(p))
}

func (r *caseRun) run(ctx context.Context) (failures []error) {
	for repeat := range r.cfg.Repeats {
		for i := range r.peers {
			if ctx.Err() != nil {
				return failures
			}
			// Another one comes first each time, so that none is always the
			// one with the cool processor or the warm page cache.
			p := r.peers[(i+repeat)%len(r.peers)]
			if r.notes[p.Name()] != "" {
				continue
			}
			values, err := r.once(ctx, p)
			if err != nil {
				r.notes[p.Name()] = note(err)
				err = fmt.Errorf("%s, %s, %s: %w", r.Workload, r.Name, p.Name(), err)
				fmt.Fprintln(r.log, err)
				failures = append(failures, err)
				continue
			}
			r.keep(p, values)
			fmt.Fprintf(r.log, "%s, %s, %d/%d %s: %s %s\n", r.Workload, r.Name,
				repeat+1, r.cfg.Repeats, p.Name(), report.Number(values[0]), r.Metrics[0].Unit)
		}
	}
	return failures
}

// once is one run in a fresh folder, after a collection of what earlier ones
// left.
func (r *caseRun) once(ctx context.Context, p peer.Peer) (_ []float64, err error) {
	dir, err := os.MkdirTemp(r.root, "run")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	runtime.GC()
	debug.FreeOSMemory()
	values, err := r.Run(ctx, &Trial{Config: r.cfg, Dir: dir, sources: r.sources}, p)
	if err == nil && len(values) != len(r.Metrics) {
		err = fmt.Errorf("%d values for %d metrics", len(values), len(r.Metrics))
	}
	return values, err
}

func (r *caseRun) keep(p peer.Peer, values []float64) {
	if r.values[p.Name()] == nil {
		r.values[p.Name()] = make([][]float64, len(values))
	}
	for i, v := range values {
		if !math.IsNaN(v) {
			r.values[p.Name()][i] = append(r.values[p.Name()][i], v)
		}
	}
}

func (r *caseRun) results() (results []report.Result) {
	for i, metric := range r.Metrics {
		for _, p := range r.peers {
			_, reference := p.(peer.Verifier)
			result := report.Result{
				Workload: r.Workload, Case: r.Name, Metric: metric,
				Peer: p.Name(), Reference: reference, Note: r.notes[p.Name()],
			}
			if values := r.values[p.Name()]; values != nil && result.Note == "" {
				result.Values = values[i]
			}
			// A metric that the peer does not have gets no line.
			if len(result.Values) > 0 || result.Note != "" {
				results = append(results, result)
			}
		}
	}
	return results
}
