package fileid

import (
	"errors"
	"io/fs"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// noStatx is set once the system has refused the call: kernels before 4.11 do
// not have it, and the filters of old container runtimes do not let it pass.
var noStatx atomic.Bool

// statx is Stat by the call that also reports mount points (statx(2)). It
// returns false where the system does not have the call.
func statx(path string) (Info, error, bool) {
	if noStatx.Load() {
		return Info{}, nil, false
	}
	const want = unix.STATX_TYPE | unix.STATX_MODE | unix.STATX_NLINK | unix.STATX_INO | unix.STATX_SIZE |
		unix.STATX_UID | unix.STATX_GID | unix.STATX_MTIME
	var st unix.Statx_t
	call := func() error { return unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, want, &st) }
	err := call()
	for errors.Is(err, unix.EINTR) {
		err = call()
	}
	switch {
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM):
		noStatx.Store(true)
		return Info{}, nil, false
	case err != nil:
		return Info{}, &fs.PathError{Op: "statx", Path: path, Err: err}, true
	case st.Mask&want != want:
		return Info{}, nil, false
	}
	return Info{
		ID:      ID{device: unix.Mkdev(st.Dev_major, st.Dev_minor), file: st.Ino},
		Links:   uint64(st.Nlink),
		Size:    int64(st.Size),
		Perm:    fs.FileMode(st.Mode) & fs.ModePerm,
		Regular: st.Mode&unix.S_IFMT == unix.S_IFREG,
		Owner:   Owner{User: st.Uid, Group: st.Gid},
		Changed: time.Unix(st.Mtime.Sec, int64(st.Mtime.Nsec)),
		Mounted: st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0,
	}, nil, true
}
