package fileid

import (
	"io/fs"

	"golang.org/x/sys/windows"
)

// Free returns the bytes that this user may still write to the file system of a
// folder. It reports false where the system does not say.
func Free(folder string) (bytes uint64, ok bool, err error) {
	name, err := windows.UTF16PtrFromString(folder)
	if err == nil {
		err = windows.GetDiskFreeSpaceEx(name, &bytes, nil, nil)
	}
	if err != nil {
		return 0, false, &fs.PathError{Op: "GetDiskFreeSpaceEx", Path: folder, Err: err}
	}
	return bytes, true, nil
}
