package fileid

import (
	"errors"

	"golang.org/x/sys/windows"
)

// IsFull reports whether err is the operating system's word for a full disk or
// an exhausted quota.
func IsFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) ||
		errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}
