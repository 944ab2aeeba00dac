package fileid

import (
	"os"

	"golang.org/x/sys/windows"
)

// RenameNoReplace gives the file at oldpath the name newpath, in one step: at
// no moment is there a file under newpath that is not all of it. Where newpath
// exists, nothing changes and the error matches [fs.ErrExist]. Both must be on
// one volume.
func RenameNoReplace(oldpath, newpath string) error {
	from, err := windows.UTF16PtrFromString(oldpath)
	if err == nil {
		var to *uint16
		if to, err = windows.UTF16PtrFromString(newpath); err == nil {
			err = windows.MoveFileEx(from, to, windows.MOVEFILE_WRITE_THROUGH)
		}
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: oldpath, New: newpath, Err: err}
	}
	return nil
}
