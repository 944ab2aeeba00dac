//go:build !unix && !windows

package fileid

import (
	"errors"
	"io/fs"
)

// Stat returns [errors.ErrUnsupported]: the system has no identity of files
// that galley knows of.
func Stat(path string) (Info, error) {
	return Info{}, &fs.PathError{Op: "stat", Path: path, Err: errors.ErrUnsupported}
}
