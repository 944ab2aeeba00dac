package sqlite

import (
	"errors"
	"fmt"
	"io"
	"os"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/galley-db/galley/internal/spill"
	"github.com/galley-db/galley/store"
)

// ErrTempDir is returned when the engine needs a temporary file and cannot
// create or write it: for a large sort, for Vacuum, for Rebuild and for an index
// over many rows; and when the rows of a large batch that are in one cannot be read.
// The error names the folder. Set Options.TempDir to another one.
var ErrTempDir = errors.New("the folder for temporary files cannot be used")

// tempDir is the folder for temporary files.
func (o Options) tempDir() string {
	if o.TempDir != "" {
		return o.TempDir
	}
	if dir := os.Getenv("SQLITE_TMPDIR"); dir != "" {
		return dir
	}
	return os.TempDir()
}

// checkTempDir returns an error if the caller names a folder in which no file
// can be created.
func (o Options) checkTempDir() error {
	if o.TempDir == "" {
		return nil
	}
	f, err := spill.Create(o.TempDir)
	if err != nil {
		return fmt.Errorf("%w: TempDir: %w", store.ErrOptions, err)
	}
	return spill.Remove(f)
}

// tempFile is a file of the engine's without a name. No other connection has
// it, so it needs no locks.
type tempFile struct {
	*os.File
	mount *mount
}

// openTemp opens a temporary file of m's connection.
func (m *mount) openTemp(flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	file, err := spill.Create(m.temp)
	if err != nil {
		return nil, flags, m.recordTemp("create", err)
	}
	f := &tempFile{file, m}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.temps == nil { // the connection was discarded
		f.Close()
		return nil, flags, sqlite3.CANTOPEN
	}
	m.temps[f] = struct{}{}
	return f, flags, nil
}

// recordTemp is keep for a temporary file.
func (m *mount) recordTemp(op string, err error) error {
	if err == nil {
		return nil
	}
	return m.keep(op, m.temp, noTemp(err))
}

// noTemp is the error for a temporary file that cannot be used because of err.
func noTemp(err error) error {
	return fmt.Errorf("%w: %w; set Options.TempDir, SQLITE_TMPDIR or TMPDIR to a folder on a disk with room", ErrTempDir, err)
}

// Close closes the file, which removes it.
func (f *tempFile) Close() error {
	f.mount.mu.Lock()
	delete(f.mount.temps, f)
	f.mount.mu.Unlock()
	return spill.Remove(f.File)
}

func (f *tempFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(p, off)
	if err != nil && n < len(p) && !errors.Is(err, io.EOF) {
		err = f.mount.recordTemp("read", err)
	}
	return n, err
}

func (f *tempFile) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.File.WriteAt(p, off)
	return n, f.mount.recordTemp("write", err)
}

func (f *tempFile) Truncate(size int64) error {
	return f.mount.recordTemp("truncate", f.File.Truncate(size))
}

func (f *tempFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, f.mount.recordTemp("stat", err)
	}
	return info.Size(), nil
}

func (f *tempFile) Sync(vfs.SyncFlag) error          { return nil } // it does not outlive the process
func (f *tempFile) Lock(vfs.LockLevel) error         { return nil }
func (f *tempFile) Unlock(vfs.LockLevel) error       { return nil }
func (f *tempFile) CheckReservedLock() (bool, error) { return false, nil }
func (f *tempFile) SectorSize() int                  { return 4096 }

func (f *tempFile) DeviceCharacteristics() vfs.DeviceCharacteristic { return 0 }
