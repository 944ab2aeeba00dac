package main

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// report is what is said at the end.
type report struct {
	mu      sync.Mutex
	began   time.Time
	rounds  int
	batches int64
	rows    int64
	time    time.Duration // under load
	faults  map[string]int
	errors  []string
	failed  int
	longest time.Duration

	lost, doubled, torn, damaged int

	peak                  int64 // bytes, of the largest process
	descriptors, routines int   // after the first round
}

func newReport() *report {
	return &report{began: time.Now(), faults: map[string]int{}}
}

// event takes down a fault, an error or a wait.
func (r *report) event(kind, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch kind {
	case "fault":
		r.faults[what]++
	case "wait":
		if us, err := strconv.ParseInt(what, 10, 64); err == nil {
			r.longest = max(r.longest, time.Duration(us)*time.Microsecond)
		}
	default:
		r.failed++
		if len(r.errors) < 20 {
			r.errors = append(r.errors, kind+" "+what)
			fmt.Println(kind, what)
		}
	}
}

// load takes down what a round has stored.
func (r *report) load(acks *ledger, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rounds++
	r.time += d
	for _, n := range acks.rows {
		r.batches++
		r.rows += int64(n)
	}
}

func (r *report) verdict(lost, doubled, torn, damaged int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost += lost
	r.doubled += doubled
	r.torn += torn
	r.damaged += damaged
}

// memory takes down the largest resident size that a process has had.
func (r *report) memory(pid int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return
	}
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	if !ok {
		return
	}
	if fields := strings.Fields(rest); len(fields) > 0 {
		if kb, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
			r.mu.Lock()
			r.peak = max(r.peak, kb<<10)
			r.mu.Unlock()
		}
	}
}

// descriptors counts the open ones of this process, -1 where that cannot be.
func descriptors() int {
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(all)
}

// settled takes down what a process holds between rounds.
func (r *report) settled() {
	r.descriptors, r.routines = descriptors(), runtime.NumGoroutine()
}

// line is where things stand.
func (r *report) line() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprintf("%d batches, %d rows, longest wait %v; lost %d, doubled %d, torn %d, damaged %d",
		r.batches, r.rows, r.longest.Round(time.Millisecond), r.lost, r.doubled, r.torn, r.damaged)
}

// print prints the report and reports whether all was well.
func (r *report) print() bool {
	r.memory(os.Getpid())
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Printf("\nsoaked for %v in %d rounds\n", time.Since(r.began).Round(time.Second), r.rounds)
	fmt.Printf("load held     %d batches, %d rows; %.0f batches/s, %.0f rows/s\n", r.batches, r.rows,
		float64(r.batches)/r.time.Seconds(), float64(r.rows)/r.time.Seconds())
	for _, what := range slices.Sorted(maps.Keys(r.faults)) {
		fmt.Printf("survived      %6d x %s\n", r.faults[what], what)
	}
	fmt.Printf("longest wait  %v\n", r.longest)
	fmt.Printf("lost          %d\ndoubled       %d\ntorn          %d\ndamaged       %d\n", r.lost, r.doubled, r.torn, r.damaged)
	fmt.Printf("peak memory   %d MiB, of the largest process\n", r.peak>>20)
	fmt.Printf("descriptors   %d after the first round, %d at the end\n", r.descriptors, descriptors())
	fmt.Printf("goroutines    %d after the first round, %d at the end\n", r.routines, runtime.NumGoroutine())
	fmt.Printf("errors        %d that should not have come\n", r.failed)
	return r.lost+r.doubled+r.torn+r.damaged+r.failed == 0
}
