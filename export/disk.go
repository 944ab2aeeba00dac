package export

import (
	"io"
	"io/fs"
	"os"

	"github.com/galley-db/galley/internal/durable"
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
	return &durable.Growing{File: f}, nil
}

func (system) rename(from, to string) error { return os.Rename(from, to) }
func (system) remove(path string) error     { return os.Remove(path) }
func (system) syncFolder(path string) error { return durable.Folder(path) }
