//go:build linux || darwin

package folderlock

import (
	"errors"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// try locks a file by an open file description lock, which other descriptors of
// the same process do not share.
func try(f *os.File) error {
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	set := 37 // F_OFD_SETLK
	if runtime.GOOS == "darwin" {
		set = 90
	}
	err := unix.FcntlFlock(f.Fd(), set, &lock)
	for err == unix.EINTR {
		err = unix.FcntlFlock(f.Fd(), set, &lock)
	}
	switch {
	case err == unix.EAGAIN, err == unix.EACCES:
		return errHeld
	case err == unix.ENOLCK, err == unix.ENOSYS, err == unix.EOPNOTSUPP, err == unix.EINVAL:
		return errors.Join(ErrUnsupported, err)
	}
	return err
}
