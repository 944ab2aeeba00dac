package workload

import (
	"context"
	"fmt"
	"time"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// files imports and exports files of Config.Rows rows of A.
func files(cfg harness.Config) []harness.Case {
	var cases []harness.Case
	for _, format := range []peer.Format{peer.CSV, peer.Parquet} {
		cases = append(cases, harness.Case{
			Workload: "files",
			Name:     fmt.Sprintf("import of %s rows of A, %s", thousand(cfg.Rows), format),
			Metrics:  []report.Metric{rowsPerSecond, peakOfRun},
			Can: func(p peer.Peer) bool {
				i, ok := p.(peer.Importer)
				return ok && i.Imports(format)
			},
			Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
				path, err := t.Rowfile(ctx, format, t.Rows)
				if err != nil {
					return nil, err
				}
				return imported(ctx, t, p, format, path)
			},
		}, harness.Case{
			Workload: "files",
			Name:     fmt.Sprintf("export of %s rows of A, %s", thousand(cfg.Rows), format),
			Metrics:  []report.Metric{rowsPerSecond, peakOfRun},
			Can: func(p peer.Peer) bool {
				e, ok := p.(peer.Exporter)
				return ok && e.Exports(format)
			},
			Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
				return exported(ctx, t, p, format)
			},
		})
	}
	return cases
}

func imported(ctx context.Context, t *harness.Trial, p peer.Peer, format peer.Format, path string) ([]float64, error) {
	want, err := tally(row.A, t.Rows)
	if err != nil {
		return nil, err
	}
	f := t.File(row.A)
	values, err := exchanged(ctx, want, p, job{Task: "import", Peer: p.Name(), File: f, Format: format, Source: path})
	if err != nil {
		return nil, err
	}
	return values, harness.Verify(ctx, p, f, want)
}

func exported(ctx context.Context, t *harness.Trial, p peer.Peer, format peer.Format) ([]float64, error) {
	from, err := t.Filled(ctx, p, t.Rows)
	if err != nil {
		return nil, err
	}
	want, err := tally(row.A, t.Rows)
	if err != nil {
		return nil, err
	}
	path := t.Dir + "/" + row.Table + "." + string(format)
	values, err := exchanged(ctx, want, p, job{Task: "export", Peer: p.Name(), File: from, Format: format, Source: path})
	if err != nil {
		return nil, err
	}
	got, err := peer.TallyFile(ctx, p, format, path)
	if err != nil {
		return nil, fmt.Errorf("verifying the file of %s: %w", p.Name(), err)
	}
	if !want.Same(got) {
		return nil, &harness.LostError{Peer: p.Name(), Want: want, Got: got}
	}
	return values, nil
}

// exchanged does an import or an export, in a process of its own, and returns the
// values of a case.
func exchanged(ctx context.Context, want row.Tally, p peer.Peer, j job) ([]float64, error) {
	if _, ok := p.(peer.Opener); !ok { // a program anyway
		spent, err := exchange(ctx, p, j)
		return []float64{rate(want.Rows, spent), none}, err
	}
	child, err := spawn(ctx, j)
	if err != nil {
		return nil, err
	}
	a, err := child.wait()
	values := []float64{rate(want.Rows, a.Took), none}
	if a.Peak > 0 {
		values[1] = float64(a.Peak) / 1e6
	}
	return values, err
}

func exchange(ctx context.Context, p peer.Peer, j job) (time.Duration, error) {
	if j.Task == "import" {
		return p.(peer.Importer).Import(ctx, j.File, j.Format, j.Source)
	}
	return p.(peer.Exporter).Export(ctx, j.File, j.Format, j.Source)
}
