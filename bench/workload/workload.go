// Package workload holds what is measured, one file a workload.
package workload

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
)

// Workload is a group of cases.
type Workload struct {
	Name  string
	About string
	// Asked is true for a workload that runs only when it is named.
	Asked bool
	Cases func(harness.Config) []harness.Case
}

// All are the workloads in the order in which they run.
var All = []Workload{
	{Name: "bulk", About: "many rows in large batches, each kind of row", Cases: bulk},
	{Name: "encoders", About: "bulk from two goroutines against one", Cases: encoders},
	{Name: "sessions", About: "whole sessions from 8 goroutines, each stored once", Cases: sessions},
	{Name: "trickle", About: "single rows from 1, 16 and 256 goroutines", Cases: trickle},
	{Name: "processes", About: "8 processes on one file against one", Cases: processes},
	{Name: "read", About: "all rows read back", Cases: read},
	{Name: "users", About: "the public comparison of Go's drivers: a key, an index, one transaction", Cases: users},
	{Name: "files", About: "CSV and Parquet imported and exported", Cases: files},
	{Name: "memory", About: "peak resident memory at 1 x and 10 x the rows", Cases: memory},
	{Name: "open", About: "time to open and to create a file", Cases: open},
	{Name: "merge", About: "files of 100,000 rows into one", Asked: true, Cases: merge},
	{Name: "spool", About: "batches into a spool, and collected from it", Asked: true, Cases: spooled},
	{Name: "growth", About: "bulk rate as the file grows to 50 x the rows", Asked: true, Cases: growth},
}

// Select finds workloads by their names, separated by commas. "all" is all
// that need not be asked for.
func Select(names string) ([]Workload, error) {
	var found []Workload
	var known []string
	wanted := make(map[string]bool)
	for name := range strings.SplitSeq(names, ",") {
		wanted[strings.TrimSpace(name)] = true
	}
	every := wanted["all"]
	delete(wanted, "all")
	for _, w := range All {
		known = append(known, w.Name)
		if wanted[w.Name] || every && !w.Asked {
			found = append(found, w)
		}
		delete(wanted, w.Name)
	}
	for name := range wanted {
		return nil, fmt.Errorf("no workload %q: there are %s", name, strings.Join(known, ", "))
	}
	return found, nil
}

// rowsPerSecond is the first metric of most workloads.
var rowsPerSecond = report.Metric{Name: "rows/s", Unit: "rows/s"}

// none is the value of a metric that a peer does not have.
var none = math.NaN()

func rate(n int64, d time.Duration) float64 { return float64(n) / d.Seconds() }

// thousand writes n with separated thousands.
func thousand(n int) string { return report.Number(float64(n)) }

// does reports whether p can do a program's task, or is in this process.
func does(p peer.Peer, t peer.Task) bool {
	if program, ok := p.(peer.Program); ok {
		return program.Does(t)
	}
	_, ok := p.(peer.Opener)
	return ok
}

// opens reports whether p is in this process.
func opens(p peer.Peer) bool {
	_, ok := p.(peer.Opener)
	return ok
}
