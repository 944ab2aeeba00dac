package fileid

import "golang.org/x/sys/unix"

// RenameNoReplace gives the file at oldpath the name newpath, in one step: at
// no moment is there a file under newpath that is not all of it. Where newpath
// exists, nothing changes and the error matches [fs.ErrExist]. Both must be on
// one file system. It does not sync the folders.
//
// Old kernels and some file systems have no such call (renameat2(2)). There
// the file has both names for a moment, and needs a file system with hard
// links.
func RenameNoReplace(oldpath, newpath string) error {
	return renameOrLink(func() error {
		return unix.Renameat2(unix.AT_FDCWD, oldpath, unix.AT_FDCWD, newpath, unix.RENAME_NOREPLACE)
	}, oldpath, newpath)
}
