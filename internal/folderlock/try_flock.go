//go:build freebsd || netbsd || openbsd || dragonfly

package folderlock

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// try locks a file, for this descriptor only.
func try(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch err {
	case unix.EWOULDBLOCK:
		return errHeld
	case unix.ENOLCK, unix.ENOSYS, unix.EOPNOTSUPP, unix.EINVAL:
		return errors.Join(ErrUnsupported, err)
	}
	return err
}
