//go:build unix

package fileid

import (
	"errors"

	"golang.org/x/sys/unix"
)

// IsFull reports whether err is the operating system's word for a full disk, an
// exhausted quota, or a file that reaches the limit of its size.
func IsFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG)
}

// IsReadOnly reports whether err is the operating system's word for a file system
// that is read-only.
func IsReadOnly(err error) bool { return errors.Is(err, unix.EROFS) }

// IsNameTooLong reports whether err is the operating system's word for a name or a
// path that is too long.
func IsNameTooLong(err error) bool { return errors.Is(err, unix.ENAMETOOLONG) }
