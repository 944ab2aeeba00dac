//go:build !unix && !windows

package fileid

import (
	"errors"
	"io/fs"
)

// Stat returns [errors.ErrUnsupported]: galley has no identity of files on
// this system.
func Stat(path string) (Info, error) {
	return Info{}, &fs.PathError{Op: "stat", Path: path, Err: errors.ErrUnsupported}
}

// Chown returns [errors.ErrUnsupported].
func Chown(string, Owner) error { return errors.ErrUnsupported }
