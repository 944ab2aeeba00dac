// Package durable makes files and names of files survive power loss. A file's
// content and its name are two things: to sync the file says nothing about the
// folder in which its name stands (fsync(2)).
package durable

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// File makes the content of a file durable.
func File(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) // Windows syncs only what can be written
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Folder makes the names in a folder durable, where the system can. Windows
// cannot, and keeps its names by itself; so do file systems that refuse to sync
// a folder as something that cannot be synced.
func Folder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Sync()
	if runtime.GOOS == "windows" || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
