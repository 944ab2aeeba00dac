//go:build !arm

package durable

import "syscall"

// syncFileRangeWrite is SYNC_FILE_RANGE_WRITE. For arm, package syscall has not even
// the call.
const syncFileRangeWrite = 2

// begin does not wait for the disk (sync_file_range(2)). It may fail where the file
// system cannot do it, and the sync has it all to do then.
func begin(fd uintptr, from, size int64) {
	_ = syscall.SyncFileRange(int(fd), from, size, syncFileRangeWrite)
}
