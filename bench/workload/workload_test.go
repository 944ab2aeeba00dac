package workload_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/workload"
)

func TestMain(m *testing.M) {
	workload.Child() // workloads start this test's program as their child
	os.Exit(m.Run())
}

// Every workload runs with every peer that is installed; each run checks what
// it stored.
func TestWorkloads(t *testing.T) {
	cfg := harness.Quick()
	peers := peer.All()
	for _, w := range workload.All {
		t.Run(w.Name, func(t *testing.T) {
			cfg := cfg
			if w.Name == "growth" {
				cfg.Rows = 100 // of which it writes 50 times as many
			}
			cases := w.Cases(cfg)
			results, err := harness.Run(t.Context(), cfg, cases, peers, t.Output())
			if err != nil {
				t.Error(err)
			}
			measured := make(map[string]bool)
			for _, r := range results {
				missing := r.Note == peer.ErrMissing.Error()
				if !missing && (len(r.Values) != 1 || !(r.Values[0] > 0)) {
					t.Errorf("%s, %s, %s: %v %s", r.Case, r.Metric.Name, r.Peer, r.Values, r.Note)
				}
				measured[r.Peer+" "+r.Case] = true
			}
			for _, c := range cases {
				if !measured["galley "+c.Name] {
					t.Errorf("%s: galley was not measured", c.Name)
				}
				for _, name := range c.Only {
					if !measured[name+" "+c.Name] {
						t.Errorf("%s: %s was not measured", c.Name, name)
					}
				}
			}
		})
	}
}

func TestSelect(t *testing.T) {
	for _, c := range []struct{ names, want string }{
		{"all", "bulk encoders sessions trickle processes read users files memory open"},
		{"read, bulk", "bulk read"},
		{"all,growth,merge", "bulk encoders sessions trickle processes read users files memory open merge growth"},
	} {
		found, err := workload.Select(c.names)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, w := range found {
			names = append(names, w.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%q selects %s, want %s", c.names, got, c.want)
		}
	}
	if _, err := workload.Select("bulk,nonesuch"); err == nil || !strings.Contains(err.Error(), "nonesuch") {
		t.Errorf("an unknown workload: %v", err)
	}
	if _, err := peer.Select("galley,nonesuch"); err == nil || errors.Is(err, peer.ErrMissing) {
		t.Errorf("an unknown peer: %v", err)
	}
}
