package fileid

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// OwnPOSIXLock reports whether this process holds a POSIX lock on one of the
// files. galley does not use such locks; another SQLite library in the process
// does, and the system drops all of them when any descriptor of the file is
// closed (https://sqlite.org/howtocorrupt.html, section 2.2). It reports false
// where the system does not list locks, and on file systems whose device number
// in the list is another than that of stat, such as btrfs.
func OwnPOSIXLock(ids ...ID) bool {
	f, err := os.Open("/proc/locks")
	if err != nil {
		return false
	}
	defer f.Close()
	want := make([]string, len(ids))
	for i, id := range ids {
		want[i] = fmt.Sprintf("%02x:%02x:%d", unix.Major(id.device), unix.Minor(id.device), id.file)
	}
	pid := strconv.Itoa(os.Getpid())
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if own(strings.Fields(lines.Text()), pid, want) {
			return true
		}
	}
	return false
}

// own reports whether a line of /proc/locks (proc_locks(5)) is a POSIX lock that
// the process holds on one of the files.
func own(fields []string, pid string, files []string) bool {
	if len(fields) < 6 || fields[1] != "POSIX" || fields[4] != pid {
		return false
	}
	for _, file := range files {
		if fields[5] == file {
			return true
		}
	}
	return false
}
