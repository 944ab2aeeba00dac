package report

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{9, 1}, 5},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 100, 1, 2}, 3},
	} {
		before := append([]float64(nil), c.values...)
		if got := Median(c.values); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.values, got, c.want)
		}
		if diff := cmp.Diff(before, c.values); diff != "" {
			t.Errorf("the values were changed (-before +after):\n%s", diff)
		}
	}
	if got := Median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing is %v", got)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 2: "2", 1000: "1,000", 999: "999", 1234567.8: "1,234,568",
		99.94: "99.9", 5.25: "5.25", 0.1234: "0.123", 0.01234: "0.0123", 100.4: "100",
	} {
		if got := Number(v); got != want {
			t.Errorf("Number(%v) is %s, want %s", v, got, want)
		}
	}
}

// measured is a case in which galley is 4 x as fast, and another in which it
// takes a tenth of the time.
func measured() []Result {
	speed := Metric{Name: "rows/s", Unit: "rows/s"}
	wait := Metric{Name: "wait", Unit: "ms", Lower: true}
	results := []Result{
		{Workload: "bulk", Case: "A", Metric: speed, Peer: "mattn", Values: []float64{600, 500, 400}},
		{Workload: "bulk", Case: "A", Metric: speed, Peer: "galley", Values: []float64{2000, 2100, 1900}},
		{Workload: "bulk", Case: "A", Metric: speed, Peer: "pandas", Note: "not installed"},
		{Workload: "bulk", Case: "B", Metric: speed, Peer: "mattn", Values: []float64{7}},
		{Workload: "open", Case: "file", Metric: wait, Peer: "galley", Values: []float64{1}},
		{Workload: "open", Case: "file", Metric: wait, Peer: "mattn", Values: []float64{10}},
	}
	Summarize(results)
	return results
}

func TestSummarize(t *testing.T) {
	var ratios []float64
	for _, r := range measured() {
		ratios = append(ratios, r.Ratio)
	}
	if diff := cmp.Diff([]float64{4, 1, 0, 0, 1, 10}, ratios); diff != "" {
		t.Errorf("ratios (-want +got):\n%s", diff)
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := Table(&b, measured()); err != nil {
		t.Fatal(err)
	}
	want := `
**bulk: A, rows/s**

| peer   |        median | lowest | highest | galley is x times as good |
| ------ | ------------: | -----: | ------: | ------------------------: |
| mattn  |           500 |    400 |     600 |                      4.00 |
| galley |         2,000 |  1,900 |   2,100 |                      1.00 |
| pandas | not installed |        |         |                           |

**bulk: B, rows/s**

| peer  | median | lowest | highest | galley is x times as good |
| ----- | -----: | -----: | ------: | ------------------------: |
| mattn |      7 |      7 |       7 |                         - |

**open: file, wait (ms), lower is better**

| peer   | median | lowest | highest | galley is x times as good |
| ------ | -----: | -----: | ------: | ------------------------: |
| galley |      1 |      1 |       1 |                      1.00 |
| mattn  |     10 |     10 |      10 |                     10.00 |
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	want := NewDocument(measured())
	if err := want.Write(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got Document
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("document (-written +read):\n%s", diff)
	}
}

func TestCharts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	results := append(measured(), Result{
		Workload: "bulk", Case: "A", Metric: Metric{Name: "rows/s", Unit: "rows/s"}, Peer: "parquet",
		Reference: true, Values: []float64{12345}, Median: 12345,
	}, Result{Workload: "empty", Case: "A", Peer: "pandas", Note: "not installed"})
	paths, err := Charts(dir, results)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(dir, "benchmarks-bulk.svg"), filepath.Join(dir, "benchmarks-open.svg")}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Fatalf("files (-want +got):\n%s", diff)
	}
	svg, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"<svg", ">galley<", ">mattn<", ">A<", ">B<", "parquet (reference)", "12,345"} {
		if !strings.Contains(string(svg), text) {
			t.Errorf("the chart has no %s", text)
		}
	}
	if strings.Contains(string(svg), "pandas") {
		t.Error("the chart has a bar for a peer that was not measured")
	}
}
