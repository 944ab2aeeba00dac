package fileid

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

func fileSystem(path string) (FS, error) {
	var st unix.Statfs_t
	err := unix.Statfs(path, &st)
	for err == unix.EINTR {
		err = unix.Statfs(path, &st)
	}
	if err != nil {
		return FS{}, &fs.PathError{Op: "statfs", Path: path, Err: err}
	}
	return byMagic(uint32(st.Type)), nil
}
