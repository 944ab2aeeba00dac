package holder

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The bytes of the -shm file that are locked
// (https://sqlite.org/walformat.html#wal_locks).
const (
	lockWrite = 120
	lockRead0 = 123
	lockRead4 = 127
)

// Of finds the processes that have the file, its -wal or its -shm open,
// this one left out, from /proc/PID/fd; and what they do from the locks that
// /proc/PID/fdinfo shows (https://man7.org/linux/man-pages/man5/proc_pid_fdinfo.5.html).
// Processes of other users are only seen by root: complete is false where
// some could not be looked into.
func Of(path string) (found []Process, complete bool, err error) {
	files := map[string]os.FileInfo{}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err == nil {
			files[suffix] = info
		} else if suffix == "" {
			return nil, false, err
		}
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, false, nil
	}
	complete = true
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		h, open, seen := processOf(pid, files)
		if !seen {
			complete = false
		}
		if open {
			found = append(found, h)
		}
	}
	slices.SortFunc(found, func(a, b Process) int { return a.PID - b.PID })
	return found, complete, nil
}

// processOf looks at one process. seen is false where that is not allowed.
func processOf(pid int, files map[string]os.FileInfo) (h Process, open, seen bool) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	fds, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		return h, false, !os.IsPermission(err)
	}
	h.PID = pid
	for _, fd := range fds {
		info, err := os.Stat(filepath.Join(dir, "fd", fd.Name()))
		if err != nil {
			continue
		}
		for suffix, file := range files {
			if !os.SameFile(info, file) {
				continue
			}
			open = true
			if suffix == "-shm" {
				slots := h.locks(filepath.Join(dir, "fdinfo", fd.Name()))
				h.Behind = max(h.Behind, behind(filepath.Join(dir, "fd", fd.Name()), slots))
			}
		}
	}
	if open {
		h.Command, h.Started = command(dir), started(dir)
	}
	return h, open, true
}

// locks reads what the process has locked through a descriptor: lines such as
// "lock: 1: OFDLCK ADVISORY READ -1 08:01:1234 123 123". It returns the slots
// of readers among them.
func (h *Process) locks(path string) (slots []int) {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		fields := strings.Fields(s.Text())
		if len(fields) < 9 || fields[0] != "lock:" {
			continue
		}
		from, err := strconv.ParseInt(fields[7], 10, 64)
		if err != nil {
			continue
		}
		to, err := strconv.ParseInt(fields[8], 10, 64)
		if err != nil {
			to = 1<<63 - 1 // EOF
		}
		h.Writing = h.Writing || fields[4] == "WRITE" && from <= lockWrite && to >= lockWrite
		for slot := range int64(lockRead4 - lockRead0 + 1) {
			if from <= lockRead0+slot && to >= lockRead0+slot {
				h.Reading = true
				slots = append(slots, int(slot))
			}
		}
	}
	return slots
}

// behind is how much was written to the WAL since the oldest snapshot of these
// readers' slots. The -shm has the last frame and, for each slot, the last
// frame that its readers see (https://sqlite.org/walformat.html#walidxfmt).
func behind(shm string, slots []int) (bytes int64) {
	f, err := os.Open(shm)
	if err != nil {
		return 0
	}
	defer f.Close()
	var index [120]byte
	if _, err := f.ReadAt(index[:], 0); err != nil {
		return 0
	}
	const pageSize, lastFrame, marks = 14, 16, 100
	page := int64(binary.NativeEndian.Uint16(index[pageSize:]))
	if page == 1 {
		page = 1 << 16
	}
	last := int64(binary.NativeEndian.Uint32(index[lastFrame:]))
	for _, slot := range slots {
		mark := int64(binary.NativeEndian.Uint32(index[marks+4*slot:]))
		bytes = max(bytes, (last-mark)*(page+24))
	}
	return bytes
}

// command is the process's command line, cut.
func command(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if err != nil || len(text) == 0 {
		text, _ = os.ReadFile(filepath.Join(dir, "comm"))
	}
	s := strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, string(text)))
	if runes := []rune(s); len(runes) > 60 {
		s = string(runes[:60]) + "…"
	}
	return s
}

// started is when the process was started: ticks since the system was, of
// which there are 100 in a second
// (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
func started(dir string) time.Time {
	text, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return time.Time{}
	}
	_, rest, ok := strings.Cut(string(text[max(strings.LastIndexByte(string(text), ')'), 0):]), " ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 {
		return time.Time{}
	}
	ticks, err := strconv.ParseInt(fields[19], 10, 64)
	if err != nil {
		return time.Time{}
	}
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return time.Time{}
	}
	for line := range strings.Lines(string(stat)) {
		var boot int64
		if _, err := fmt.Sscanf(line, "btime %d", &boot); err == nil {
			return time.Unix(boot, ticks*int64(time.Second)/100)
		}
	}
	return time.Time{}
}
