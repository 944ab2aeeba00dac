package pageimage

import (
	"io"
	"sync"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// sinkVFSName is the name of the VFS through which sinks are written.
const sinkVFSName = "galley-sink"

// sinks are the open ones by name.
var sinks sync.Map

var registerSink = sync.OnceFunc(func() { vfs.Register(sinkVFSName, sinkVFS{}) })

// sinkVFS opens sinks as databases without a journal.
type sinkVFS struct{}

// Open opens a sink for writing.
func (sinkVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	s, ok := sinks.Load(name)
	if !ok || flags&vfs.OPEN_MAIN_DB == 0 {
		return nil, flags, sqlite3.CANTOPEN
	}
	return sinkFile{s.(*Sink)}, flags, nil
}

// Delete has nothing to delete.
func (sinkVFS) Delete(string, bool) error { return nil }

// Access says that there is no journal.
func (sinkVFS) Access(string, vfs.AccessFlag) (bool, error) { return false, nil }

// FullPathname leaves the name as it is.
func (sinkVFS) FullPathname(name string) (string, error) { return name, nil }

// sinkFile is a sink that its one connection has open: it needs no locks, and
// nothing of it lasts.
type sinkFile struct{ sink *Sink }

// ReadAt reads a page that is not out yet. Of an append to a table the engine
// never looks back at the leaves it has written.
func (f sinkFile) ReadAt(b []byte, off int64) (int, error) {
	if off >= f.sink.size {
		return 0, io.EOF
	}
	p := f.sink.pages[uint32(off/PageSize)+1]
	if p == nil {
		return 0, sqlite3.IOERR_READ
	}
	return copy(b, p[off%PageSize:]), nil
}

// WriteAt takes a page.
func (f sinkFile) WriteAt(b []byte, off int64) (int, error) {
	if len(b) != PageSize || off%PageSize != 0 {
		return 0, sqlite3.IOERR_WRITE
	}
	if err := f.sink.write(uint32(off/PageSize)+1, b); err != nil {
		return 0, sqlite3.IOERR_WRITE
	}
	return len(b), nil
}

// Size is that of the database so far.
func (f sinkFile) Size() (int64, error) { return f.sink.size, nil }

func (sinkFile) Close() error                                    { return nil }
func (sinkFile) Truncate(int64) error                            { return nil }
func (sinkFile) Sync(vfs.SyncFlag) error                         { return nil }
func (sinkFile) Lock(vfs.LockLevel) error                        { return nil }
func (sinkFile) Unlock(vfs.LockLevel) error                      { return nil }
func (sinkFile) CheckReservedLock() (bool, error)                { return false, nil }
func (sinkFile) SectorSize() int                                 { return 0 }
func (sinkFile) DeviceCharacteristics() vfs.DeviceCharacteristic { return 0 }
