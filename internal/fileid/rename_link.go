//go:build !windows

package fileid

import (
	"errors"
	"os"
	"syscall"
)

// renameOrLink calls rename, the system's own call. If the system or the file
// system does not support it, renameOrLink links oldpath to newpath and removes
// oldpath.
// Linking never replaces a file either, but a crash in between leaves both
// names.
func renameOrLink(rename func() error, oldpath, newpath string) error {
	err := rename()
	for errors.Is(err, syscall.EINTR) {
		err = rename()
	}
	if err == nil {
		return nil
	}
	// A sandbox returns EPERM for an unknown call.
	if !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.EPERM) {
		return &os.LinkError{Op: "rename", Old: oldpath, New: newpath, Err: err}
	}
	if err := os.Link(oldpath, newpath); err != nil {
		return err
	}
	if err := os.Remove(oldpath); err != nil {
		return errors.Join(err, os.Remove(newpath))
	}
	return nil
}
