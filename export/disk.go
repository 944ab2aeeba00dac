package export

import (
	"io"
	"io/fs"
	"os"
	"runtime"
)

// disk is what an export does to a folder: there is no other way in which it
// changes one. Tests put a disk in its place that takes down what is done.
type disk interface {
	create(folder, pattern string) (diskFile, error) // as os.CreateTemp
	rename(from, to string) error
	remove(path string) error
	syncFolder(path string) error
}

// diskFile is a new file.
type diskFile interface {
	io.WriteCloser
	Name() string
	Chmod(perm fs.FileMode) error
	Sync() error
}

// system is the operating system's.
type system struct{}

func (system) create(folder, pattern string) (diskFile, error) {
	f, err := os.CreateTemp(folder, pattern)
	if err != nil {
		return nil, err // and not a diskFile that is a nil *os.File
	}
	return f, nil
}

func (system) rename(from, to string) error { return os.Rename(from, to) }
func (system) remove(path string) error     { return os.Remove(path) }

// syncFolder makes the names in a folder durable, where the system can:
// Windows cannot, and keeps its names by itself.
func (system) syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && runtime.GOOS != "windows" {
		return err
	}
	return nil
}
