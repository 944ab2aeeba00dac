//go:build !(linux || darwin)

package fileid

// Unlock gives up all locks that SQLite holds through an open file. Here they
// end when the file is closed.
func Unlock(fd uintptr) {}
