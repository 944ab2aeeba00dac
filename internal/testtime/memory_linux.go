package testtime

import (
	"os"
	"syscall"
)

// memoryFolder returns a folder in memory that fits the files of tests, or "" if the
// system has none. Containers often have one that is small, and has no programs.
func memoryFolder() string {
	const (
		dir      = "/dev/shm"
		room     = 2 << 30
		readOnly = 1 // ST_RDONLY
		noExec   = 8 // ST_NOEXEC
	)
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil || fs.Flags&(readOnly|noExec) != 0 || fs.Bavail*uint64(fs.Bsize) < room {
		return ""
	}
	// Without a place of its own in the folder, a user may not write there.
	probe, err := os.MkdirTemp(dir, "galley-test-")
	if err != nil {
		return ""
	}
	if err := os.Remove(probe); err != nil {
		return ""
	}
	return dir
}
