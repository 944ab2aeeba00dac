package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// peakMemory says how much memory the process took at most: as Linux counts
// it, and elsewhere what the Go runtime asked the system for, which it counts
// without the pages of mapped files.
func peakMemory() string {
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		if kib, ok := highWater(string(status)); ok {
			return fmt.Sprintf("%.1f MiB at the peak", float64(kib)/1024)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("%.1f MiB taken by the Go runtime", float64(m.Sys)/(1<<20))
}

// highWater finds VmHWM, in KiB, in the text of /proc/self/status
// (https://man7.org/linux/man-pages/man5/proc_pid_status.5.html).
func highWater(status string) (kib int64, ok bool) {
	for line := range strings.Lines(status) {
		if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
			number, unit, _ := strings.Cut(strings.TrimSpace(rest), " ")
			kib, err := strconv.ParseInt(number, 10, 64)
			return kib, err == nil && unit == "kB"
		}
	}
	return 0, false
}
