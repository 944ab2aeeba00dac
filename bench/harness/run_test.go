package harness_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

type fakePeer struct {
	name  string
	check error
}

func (p fakePeer) Name() string                { return p.name }
func (p fakePeer) About() string               { return "a peer of the test" }
func (p fakePeer) Check(context.Context) error { return p.check }

var errTorn = errors.New("torn")

func TestRun(t *testing.T) {
	peers := []peer.Peer{
		fakePeer{name: "galley"}, fakePeer{name: "other"}, fakePeer{name: "torn"},
		fakePeer{name: "gone", check: fmt.Errorf("%w: no such thing", peer.ErrMissing)},
		fakePeer{name: "unasked"},
	}
	var order, dirs []string
	runs := make(map[string]int)
	c := harness.Case{
		Workload: "w", Name: "c",
		Metrics: []report.Metric{{Name: "rows/s"}, {Name: "held", Lower: true}},
		Only:    []string{"galley", "other", "torn", "gone"},
		Run: func(_ context.Context, trial *harness.Trial, p peer.Peer) ([]float64, error) {
			order = append(order, p.Name())
			dirs = append(dirs, trial.Dir)
			runs[p.Name()]++
			if inside, err := os.ReadDir(trial.Dir); err != nil || len(inside) > 0 {
				t.Errorf("the folder holds %v, %v", inside, err)
			}
			if err := os.WriteFile(filepath.Join(trial.Dir, "rows.db"), nil, 0o600); err != nil {
				t.Error(err)
			}
			switch p.Name() {
			case "galley":
				return []float64{float64(100 * runs[p.Name()]), 0.5}, nil
			case "other":
				return []float64{50, math.NaN()}, nil
			default:
				return nil, errTorn
			}
		},
	}
	cfg := harness.Config{Repeats: 3}
	results, err := harness.Run(t.Context(), cfg, []harness.Case{c}, peers, io.Discard)
	if !errors.Is(err, errTorn) {
		t.Errorf("Run returned %v, want the peer's error in it", err)
	}
	// Interleaved, another one first each time; who failed is not asked again.
	if diff := cmp.Diff([]string{"galley", "other", "torn", "other", "galley", "galley", "other"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	for i, dir := range dirs {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the folder of run %d is still there: %v", i, err)
		}
		for _, earlier := range dirs[:i] {
			if dir == earlier {
				t.Errorf("run %d had the folder of an earlier one", i)
			}
		}
	}
	speed, held := c.Metrics[0], c.Metrics[1]
	want := []report.Result{
		{Workload: "w", Case: "c", Metric: speed, Peer: "galley", Values: []float64{100, 200, 300}, Median: 200, Ratio: 1},
		{Workload: "w", Case: "c", Metric: speed, Peer: "other", Values: []float64{50, 50, 50}, Median: 50, Ratio: 4},
		{Workload: "w", Case: "c", Metric: speed, Peer: "torn", Note: "failed"},
		{Workload: "w", Case: "c", Metric: speed, Peer: "gone", Note: "not installed"},
		{Workload: "w", Case: "c", Metric: held, Peer: "galley", Values: []float64{0.5, 0.5, 0.5}, Median: 0.5, Ratio: 1},
		{Workload: "w", Case: "c", Metric: held, Peer: "torn", Note: "failed"},
		{Workload: "w", Case: "c", Metric: held, Peer: "gone", Note: "not installed"},
	}
	if diff := cmp.Diff(want, results); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

func TestVerify(t *testing.T) {
	for _, k := range row.Kinds {
		t.Run(k.String(), func(t *testing.T) {
			f := peer.File{Path: filepath.Join(t.TempDir(), "a b%.db"), Kind: k, Settings: peer.Settings{PageSize: 8192}}
			c, err := peer.Plain.Open(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			b := row.NewBatch(k, 700, 0)
			if err := errors.Join(c.Append(t.Context(), b), c.Close()); err != nil {
				t.Fatal(err)
			}
			if err := harness.Verify(t.Context(), peer.Plain, f, b.Tally()); err != nil {
				t.Errorf("the right rows: %v", err)
			}
			// As many rows, but others.
			var lost *harness.LostError
			other := row.NewBatch(k, 700, 1).Tally()
			if err := harness.Verify(t.Context(), peer.Plain, f, other); !errors.As(err, &lost) {
				t.Errorf("other rows: %v, want a LostError", err)
			}
			fewer := b.TallyFirst(699)
			if err := harness.Verify(t.Context(), peer.Plain, f, fewer); !errors.As(err, &lost) {
				t.Errorf("a row too many: %v, want a LostError", err)
			}
		})
	}
}
