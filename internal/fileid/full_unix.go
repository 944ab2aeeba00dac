//go:build unix

package fileid

import (
	"errors"

	"golang.org/x/sys/unix"
)

// IsFull reports whether err is the operating system's word for a full disk or
// an exhausted quota.
func IsFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}
