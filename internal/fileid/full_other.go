//go:build !unix && !windows

package fileid

// IsFull tells whether err is the operating system's word for a full disk;
// here it is not known.
func IsFull(error) bool { return false }
