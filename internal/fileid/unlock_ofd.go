//go:build linux || darwin

package fileid

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Unlock gives up all locks that SQLite holds through an open file: open file
// description locks, which last as long as anything of the process, memory
// that maps the file included, has it open. A descriptor that is closed holds
// none, and nothing happens.
func Unlock(fd uintptr) {
	lock := unix.Flock_t{Type: unix.F_UNLCK}
	set := 37 // F_OFD_SETLK
	if runtime.GOOS == "darwin" {
		set = 90
	}
	for unix.FcntlFlock(fd, set, &lock) == unix.EINTR {
	}
}
