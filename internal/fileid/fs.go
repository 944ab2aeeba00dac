package fileid

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// FS says what is known of the file system that a file is on.
type FS struct {
	// Name is the usual name of the file system ("ext4", "nfs", "apfs"), in
	// lower case. It is "unknown" if the system does not report it.
	Name string
	// Unsafe is true where several hosts may have the file open at once, or a
	// host and its guests. SQLite's write-ahead log needs memory and locks
	// that all writers share (https://sqlite.org/wal.html), and such file
	// systems corrupt the database. An unknown file system is not unsafe.
	Unsafe bool
}

const unknown = "unknown"

// FileSystem returns the file system that path is on, or would be on once it is
// created: path need not exist, but its folder must. It follows symbolic
// links.
func FileSystem(path string) (FS, error) {
	found, err := fileSystem(path)
	if errors.Is(err, fs.ErrNotExist) {
		found, err = fileSystem(filepath.Dir(path))
	}
	return found, err
}
