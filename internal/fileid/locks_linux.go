package fileid

import (
	"bytes"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// OwnPOSIXLock reports whether this process holds a POSIX lock on one of the
// files. galley does not use such locks; another SQLite library in the process
// does, and the system drops all of them when any descriptor of the file is
// closed (https://sqlite.org/howtocorrupt.html, section 2.2). It reports false
// where the system does not list a process's descriptors and their locks
// (proc_pid_fdinfo(5)).
//
// It looks at the descriptors of this process only. /proc/locks has the locks of
// all processes, and each that opens it waits until none takes or drops one: 10
// to 20 ms, for every process of the host.
func OwnPOSIXLock(ids ...ID) bool {
	if len(ids) == 0 {
		return false
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return false
	}
	for _, entry := range open {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if id, ok := descriptor(fd); !ok || !slices.Contains(ids, id) {
			continue
		}
		info, err := os.ReadFile("/proc/self/fdinfo/" + entry.Name())
		if err == nil && hasPOSIXLock(info) {
			return true
		}
	}
	return false
}

// descriptor returns which file a descriptor is open on. It asks no server, which
// may not answer: the program may have files of any file system open.
func descriptor(fd int) (ID, bool) {
	var st unix.Statx_t
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, unix.STATX_INO, &st)
	if err == unix.ENOSYS || err == unix.EPERM {
		var old unix.Stat_t
		err = unix.Fstat(fd, &old)
		return ID{device: uint64(old.Dev), file: uint64(old.Ino)}, err == nil
	}
	return ID{device: unix.Mkdev(st.Dev_major, st.Dev_minor), file: st.Ino}, err == nil
}

// hasPOSIXLock reports whether a file of /proc/self/fdinfo lists a lock that
// closing another descriptor of the file would drop.
func hasPOSIXLock(info []byte) bool {
	for line := range bytes.Lines(info) {
		fields := bytes.Fields(line)
		if len(fields) > 2 && string(fields[0]) == "lock:" && string(fields[2]) == "POSIX" {
			return true
		}
	}
	return false
}
