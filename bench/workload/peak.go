package workload

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// peakMemory is VmHWM of this process in bytes: the most that was ever
// resident, engine and cgo included. It is 0 where there is no /proc.
func peakMemory() (int64, error) {
	f, err := os.Open("/proc/self/status")
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		value, ok := strings.CutPrefix(lines.Text(), "VmHWM:")
		if !ok {
			continue
		}
		var kib int64
		if _, err := fmt.Sscanf(strings.TrimSpace(value), "%d kB", &kib); err != nil {
			return 0, fmt.Errorf("VmHWM is %q: %w", value, err)
		}
		return kib << 10, nil
	}
	return 0, lines.Err()
}
