package fileid

import (
	"io/fs"

	"golang.org/x/sys/windows"
)

func fileSystem(path string) (FS, error) {
	if _, err := Stat(path); err != nil {
		return FS{}, err // the calls below do not ask whether it exists
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return FS{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	// The root of a volume may be a folder of another one.
	root := make([]uint16, len(path)+windows.MAX_PATH)
	if err := windows.GetVolumePathName(name, &root[0], uint32(len(root))); err != nil {
		return FS{}, &fs.PathError{Op: "GetVolumePathName", Path: path, Err: err}
	}
	remote := windows.GetDriveType(&root[0]) == windows.DRIVE_REMOTE
	var format [windows.MAX_PATH + 1]uint16
	if err := windows.GetVolumeInformation(&root[0], nil, 0, nil, nil, nil, &format[0], uint32(len(format))); err != nil {
		return byDrive(remote, ""), nil // a share may refuse to answer
	}
	return byDrive(remote, windows.UTF16ToString(format[:])), nil
}
