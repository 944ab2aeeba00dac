//go:build !linux

package fileid

// OwnPOSIXLock returns false: this system does not list locks.
func OwnPOSIXLock(...ID) bool { return false }
