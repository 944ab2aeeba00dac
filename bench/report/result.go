// Package report turns measured values into medians, ratios, tables, JSON and
// charts.
package report

import (
	"math"
	"slices"
)

// Metric is something that a case measures.
type Metric struct {
	Name  string `json:"name"`
	Unit  string `json:"unit"`
	Lower bool   `json:"lower_is_better,omitempty"`
}

// Result is one metric of one peer in one case.
type Result struct {
	Workload string `json:"workload"`
	Case     string `json:"case"`
	Metric   Metric `json:"metric"`
	Peer     string `json:"peer"`
	// Reference is true for a peer whose files are of another kind.
	Reference bool      `json:"reference,omitempty"`
	Values    []float64 `json:"values,omitempty"` // one a repeat, in the order they were measured
	Median    float64   `json:"median,omitempty"`
	// Ratio says how many times better galley's median is; 0 where there is
	// none to compare with.
	Ratio float64 `json:"ratio_to_galley,omitempty"`
	// Note says why there are no values.
	Note string `json:"note,omitempty"`
}

// Median is the middle value, or the mean of the middle two. It is NaN for no
// values.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// Baseline is the name of the peer that ratios compare with.
const Baseline = "galley"

// Summarize sets the medians and ratios of results.
func Summarize(results []Result) {
	type key struct{ workload, name, metric string }
	base := make(map[key]float64)
	for i := range results {
		r := &results[i]
		if len(r.Values) == 0 {
			continue
		}
		r.Median = Median(r.Values)
		if r.Peer == Baseline {
			base[key{r.Workload, r.Case, r.Metric.Name}] = r.Median
		}
	}
	for i := range results {
		r := &results[i]
		galley := base[key{r.Workload, r.Case, r.Metric.Name}]
		if galley == 0 || r.Median == 0 {
			continue
		}
		r.Ratio = galley / r.Median
		if r.Metric.Lower {
			r.Ratio = r.Median / galley
		}
	}
}
