//go:build !linux && !darwin && !windows

package fileid

import "os"

func fileSystem(path string) (FS, error) {
	if _, err := os.Stat(path); err != nil {
		return FS{}, err
	}
	return FS{Name: unknown}, nil
}
