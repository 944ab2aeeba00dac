//go:build !linux && !darwin && !windows

package fileid

// Free returns the bytes that this user may still write to the file system of a
// folder. It reports false where the system does not say.
func Free(string) (bytes uint64, ok bool, err error) { return 0, false, nil }
