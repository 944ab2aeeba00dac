package fileid

import (
	"io/fs"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Stat returns the identity of the file at path. It does not follow a symbolic link, so
// path should come from [Resolve]. The error is a *[fs.PathError] and matches
// [fs.ErrNotExist] where there is no file.
//
// The index of a file is unique on NTFS. On ReFS, whose own numbers are twice
// as long, the system shortens it (BY_HANDLE_FILE_INFORMATION).
func Stat(path string) (Info, error) {
	info, err := stat(path)
	if err != nil {
		return Info{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return info, nil
}

func stat(path string) (Info, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return Info{}, err
	}
	// No access is asked for and all is shared, so that neither this process
	// nor another is disturbed.
	h, err := windows.CreateFile(name, 0,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil,
		windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return Info{}, err
	}
	defer windows.CloseHandle(h)
	var st windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &st); err != nil {
		return Info{}, err
	}
	regular := st.FileAttributes&(windows.FILE_ATTRIBUTE_DIRECTORY|windows.FILE_ATTRIBUTE_DEVICE) == 0
	if regular && st.FileAttributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 {
		// A reparse point is a link or mount point (a name for something
		// else), or a file whose content is kept in another form.
		var tag struct{ attributes, tag uint32 }
		if err := windows.GetFileInformationByHandleEx(h, windows.FileAttributeTagInfo,
			(*byte)(unsafe.Pointer(&tag)), uint32(unsafe.Sizeof(tag))); err != nil {
			return Info{}, err
		}
		const nameSurrogate = 0x20000000
		regular = tag.tag&nameSurrogate == 0
	}
	perm := fs.FileMode(0o666)
	if st.FileAttributes&windows.FILE_ATTRIBUTE_READONLY != 0 {
		perm = 0o444
	}
	return Info{
		ID: ID{
			device: uint64(st.VolumeSerialNumber),
			file:   uint64(st.FileIndexHigh)<<32 | uint64(st.FileIndexLow),
		},
		Links:   uint64(st.NumberOfLinks),
		Size:    int64(st.FileSizeHigh)<<32 | int64(st.FileSizeLow),
		Perm:    perm,
		Regular: regular,
		Changed: time.Unix(0, st.LastWriteTime.Nanoseconds()),
	}, nil
}

// Chown does nothing: files have no Owner here.
func Chown(string, Owner) error { return nil }
