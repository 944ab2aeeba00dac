package fileid

import "golang.org/x/sys/unix"

// RenameNoReplace gives the file at oldpath the name newpath, in one step: at
// no moment is there a file under newpath that is not all of it. Where newpath
// exists, nothing changes and the error matches [fs.ErrExist]. Both must be on
// one file system. It does not sync the folders.
//
// File systems other than APFS and HFS+ may have no such call (renamex_np(2)).
// There the file has both names for a moment, and needs a file system with
// hard links.
func RenameNoReplace(oldpath, newpath string) error {
	return renameOrLink(func() error {
		return unix.RenamexNp(oldpath, newpath, unix.RENAME_EXCL)
	}, oldpath, newpath)
}
