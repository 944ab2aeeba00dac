package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTally(t *testing.T) {
	var got tally
	for _, outcomes := range [][]outcome{
		{taskSkipped, taskSkipped, taskSkipped},
		{taskSkipped, taskNew, taskSkipped},
		{taskNew, taskFailed, taskSkipped},
		{taskNew, taskNew}, // stopped before the third
	} {
		v := &visit{left: 3}
		for _, o := range outcomes {
			got.add(v, o, 10*int(o))
		}
	}
	if diff := cmp.Diff([]counts{{1, 1, 1}, {4, 6, 1}}, []counts{got.sessions, got.tasks}, cmp.AllowUnexported(counts{})); diff != "" {
		t.Errorf("sessions, tasks (-want +got):\n%s", diff)
	}
}

func TestSummary(t *testing.T) {
	var s tally
	s.rows = 1000
	s.tasks = counts{3, 2, 1}
	s.passed("study/fsaverage")
	for i := range mostListed + 2 {
		s.complain(fmt.Sprintf("task %d", i))
	}
	var b strings.Builder
	s.summarize(&b, "out/features.db", 2*time.Second, 1234*time.Microsecond)
	for _, want := range []string{
		"out/features.db\n",
		"  sessions   0 new, 0 skipped, 0 failed\n",
		"  tasks      3 new, 2 skipped, 1 failed\n",
		"  rows       1000 new in 2s, 500 a second\n",
		"  lock wait  1.23ms at the longest\n",
		"  memory     ",
		"passed over:\n  study/fsaverage\n",
		"failed:\n  task 0\n",
		"  task 49\n  and 2 more\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in the summary:\n%s", want, b.String())
		}
	}
}

func TestHighWater(t *testing.T) {
	if kib, ok := highWater("Name:\tx\nVmPeak:\t  99 kB\nVmHWM:\t   12345 kB\n"); kib != 12345 || !ok {
		t.Errorf("got %d, %t, want 12345", kib, ok)
	}
	for _, status := range []string{"", "VmHWM:\n", "VmHWM: many kB\n", "VmHWM: 1 MB\n"} {
		if kib, ok := highWater(status); ok {
			t.Errorf("%q: got %d, want none", status, kib)
		}
	}
	if got := peakMemory(); !strings.Contains(got, " MiB ") || strings.HasPrefix(got, "0.0") {
		t.Errorf("peakMemory() = %q", got)
	}
}
