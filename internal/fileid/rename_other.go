//go:build !linux && !darwin && !windows

package fileid

import "errors"

// RenameNoReplace gives the file at oldpath the name newpath. Where newpath
// exists, nothing changes and the error matches [fs.ErrExist]. The file has
// both names for a moment, and needs a file system with hard links.
func RenameNoReplace(oldpath, newpath string) error {
	return renameOrLink(func() error { return errors.ErrUnsupported }, oldpath, newpath)
}
