//go:build !unix && !windows

package fileid

// IsFull returns false: the error of a full disk is unknown on this system.
func IsFull(error) bool { return false }

// IsReadOnly returns false: the error of a file system that is read-only is unknown
// on this system.
func IsReadOnly(error) bool { return false }

// IsNameTooLong returns false: the error of a long name is unknown on this system.
func IsNameTooLong(error) bool { return false }
