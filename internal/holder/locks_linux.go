package holder

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// WriteLocked reports whether any process holds the write lock: a lock for
// writing on its byte of the -shm, which /proc/locks has by the file's inode
// (https://man7.org/linux/man-pages/man5/proc_locks.5.html). Where locks are
// named by another host or a container's overlay, it is not known.
func WriteLocked(path string) (held, known bool) {
	info, err := os.Stat(path + "-shm")
	if err != nil {
		return false, os.IsNotExist(err) // no process has it open
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	text, err := os.ReadFile("/proc/locks")
	if !ok || err != nil {
		return false, false
	}
	inode := []byte(":" + strconv.FormatUint(stat.Ino, 10))
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) != 8 || string(fields[3]) != "WRITE" || !bytes.HasSuffix(fields[5], inode) {
			continue
		}
		from, err := strconv.Atoi(string(fields[6]))
		to, err2 := strconv.Atoi(string(fields[7]))
		if err == nil && err2 == nil && from <= lockWrite && to >= lockWrite {
			return true, true
		}
	}
	return false, true
}
