//go:build unix

package fileid

import (
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Stat returns the identity of the file at path. It does not follow a symbolic link, so
// path should come from [Resolve]. The error is a *[fs.PathError] and matches
// [fs.ErrNotExist] where there is no file.
//
// It is made to run several times for each transaction: one system call, and
// no allocation but the system's copy of the path.
func Stat(path string) (Info, error) {
	if info, err, ok := statx(path); ok {
		return info, err
	}
	return lstat(path)
}

func lstat(path string) (Info, error) {
	var st unix.Stat_t
	err := unix.Lstat(path, &st)
	for err == unix.EINTR {
		err = unix.Lstat(path, &st)
	}
	if err != nil {
		return Info{}, &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	// The types of these fields differ from system to system.
	return Info{
		ID:      ID{device: uint64(st.Dev), file: uint64(st.Ino)},
		Links:   uint64(st.Nlink),
		Size:    int64(st.Size),
		Perm:    fs.FileMode(st.Mode) & fs.ModePerm,
		Regular: st.Mode&unix.S_IFMT == unix.S_IFREG,
		Owner:   Owner{User: st.Uid, Group: st.Gid},
		Changed: time.Unix(st.Mtim.Unix()),
	}, nil
}

// Chown gives the file at path to an owner, which only root may do.
func Chown(path string, to Owner) error { return os.Lchown(path, int(to.User), int(to.Group)) }
