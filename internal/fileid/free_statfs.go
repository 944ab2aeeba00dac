//go:build linux || darwin

package fileid

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// Free returns the bytes that this user may still write to the file system of a
// folder. It reports false where the system does not say.
func Free(folder string) (bytes uint64, ok bool, err error) {
	var st unix.Statfs_t
	err = unix.Statfs(folder, &st)
	for err == unix.EINTR {
		err = unix.Statfs(folder, &st)
	}
	if err != nil {
		return 0, false, &fs.PathError{Op: "statfs", Path: folder, Err: err}
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks > 0, nil
}
