// Package spill keeps bytes in a temporary file that would take much memory. Nothing
// of it outlives the process.
package spill

import (
	"fmt"
	"os"
	"runtime"
	"sync"
)

// Create creates a temporary file without a name in a folder, "" for that of the
// system. On Windows the file has a name until [Remove] closes it.
func Create(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "galley-*.tmp")
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" { // which removes no open file
		_ = os.Remove(f.Name())
	}
	return f, nil
}

// Remove closes a file that Create has created, which removes it.
func Remove(f *os.File) error {
	err := f.Close()
	if runtime.GOOS == "windows" {
		_ = os.Remove(f.Name())
	}
	return err
}

// File is a temporary file that grows. Its zero value is empty, and creates the file
// when it is needed. Several goroutines may use it at once.
type File struct {
	Dir string // for the file, "" for that of the system

	mu     sync.Mutex
	file   *os.File
	end    int64
	failed error // of the first write that failed
}

// Write adds b, and returns where it is. After an error the file takes no more, and
// the caller keeps b in memory: what was written before is still there.
func (f *File) Write(b []byte) (at int64, err error) {
	f.mu.Lock()
	if f.failed == nil && f.file == nil {
		f.file, f.failed = Create(f.Dir)
	}
	file, at, err := f.file, f.end, f.failed
	f.end += int64(len(b))
	f.mu.Unlock()
	if err != nil {
		return 0, err
	}
	if _, err = file.WriteAt(b, at); err != nil {
		f.mu.Lock()
		f.failed = err
		f.mu.Unlock()
	}
	return at, err
}

// Read fills b with what is at a place that Write has returned.
func (f *File) Read(b []byte, at int64) error {
	f.mu.Lock()
	file := f.file
	f.mu.Unlock()
	if file == nil {
		return os.ErrClosed
	}
	if _, err := file.ReadAt(b, at); err != nil {
		return fmt.Errorf("read a temporary file in %s: %w", f.folder(), err)
	}
	return nil
}

func (f *File) folder() string {
	if f.Dir == "" {
		return os.TempDir()
	}
	return f.Dir
}

// Reset forgets what was written. The caller reads and writes nothing meanwhile.
func (f *File) Reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end = 0
}

// Close removes the file. The File can be used again, and is empty.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	file := f.file
	f.file, f.end, f.failed = nil, 0, nil
	if file == nil {
		return nil
	}
	return Remove(file)
}
