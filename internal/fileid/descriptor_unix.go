//go:build unix

package fileid

import (
	"os"

	"golang.org/x/sys/unix"
)

// FillStandard opens the null device on each of the descriptors 0, 1 and 2 that
// is closed, and leaves it open. A file that is opened afterward gets another
// descriptor. A program that closed its standard output, and then opened a file,
// would write its messages and the trace of a panic into that file
// (https://sqlite.org/howtocorrupt.html, section 2.1).
func FillStandard() error {
	for standard := 0; standard <= 2; standard++ {
		if _, err := unix.FcntlInt(uintptr(standard), unix.F_GETFD, 0); err != unix.EBADF {
			continue
		}
		fd, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			return &os.PathError{Op: "open", Path: os.DevNull, Err: err}
		}
		if fd > 2 { // another goroutine was faster
			_ = unix.Close(fd)
		}
	}
	return nil
}
