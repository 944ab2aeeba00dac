package fileid

import (
	"errors"

	"golang.org/x/sys/windows"
)

// IsFull reports whether err is the operating system's word for a full disk, an
// exhausted quota, or a file that reaches the limit of its size.
func IsFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) ||
		errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED) ||
		errors.Is(err, windows.ERROR_FILE_TOO_LARGE)
}

// IsReadOnly reports whether err is the operating system's word for a file system
// that is read-only.
func IsReadOnly(err error) bool { return errors.Is(err, windows.ERROR_WRITE_PROTECT) }

// IsNameTooLong reports whether err is the operating system's word for a name or a
// path that is too long.
func IsNameTooLong(err error) bool { return errors.Is(err, windows.ERROR_FILENAME_EXCED_RANGE) }
