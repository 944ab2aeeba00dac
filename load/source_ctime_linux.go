package load

import (
	"io/fs"
	"syscall"
)

// changeTime is when a file's content or name last changed, in nanoseconds; it
// cannot be set by hand.
func changeTime(info fs.FileInfo) int64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Ctim.Nano()
	}
	return 0
}
