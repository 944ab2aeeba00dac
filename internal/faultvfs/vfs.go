package faultvfs

import (
	"os"
	"sync"

	"github.com/galley-db/galley/internal/durable"
	sqlite3 "github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// VFS is a vfs.VFS over the operating system's.
type VFS struct {
	name string

	mu      sync.Mutex
	fault   Fault
	matched int // calls that the fault was asked about
	fired   int // calls that it has failed
	limited bool
	room    int64            // bytes that can still be written, where limited
	sizes   map[string]int64 // of the files that count, where limited
	log     *Log
	watched Op
	watch   func(op Op, path string)
	open    int
	noShm   bool
}

// Register makes a VFS known to SQLite under name.
func Register(name string) *VFS {
	v := &VFS{name: name, sizes: map[string]int64{}}
	vfs.Register(name, v)
	return v
}

// Unregister makes SQLite forget v.
func (v *VFS) Unregister() { vfs.Unregister(v.name) }

// Name is what v was registered under.
func (v *VFS) Name() string { return v.name }

// HideSharedMemory makes v as a file system that has no shared memory, where
// there can be no write-ahead log.
func (v *VFS) HideSharedMemory() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.noShm = true
}

// Watch has f called before each call of the kinds on, by the goroutine that
// makes the call; nil ends it.
func (v *VFS) Watch(on Op, f func(op Op, path string)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.watched, v.watch = on, f
}

// OpenFiles returns the number of files that are open through v.
func (v *VFS) OpenFiles() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.open
}

var below = vfs.Find("os").(vfs.VFSFilename)

// Open is never called: SQLite calls OpenFilename.
func (v *VFS) Open(string, vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	return nil, 0, sqlite3.CANTOPEN
}

// OpenFilename opens a file of the operating system.
func (v *VFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	path := name.String()
	verdict := v.call(Open, path)
	if verdict.err != nil {
		return nil, flags, verdict.err
	}
	f, flags, err := below.OpenFilename(name, flags)
	if err != nil {
		return f, flags, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open++
	if size, err := f.Size(); err == nil && v.limited {
		v.sizes[path] = size
	}
	if v.log != nil {
		v.log.begin(path)
	}
	return &file{File: f, vfs: v, path: path}, flags, nil
}

// Delete removes a file.
func (v *VFS) Delete(path string, syncDir bool) error {
	if verdict := v.call(Delete, path); verdict.err != nil {
		return verdict.err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	err := below.Delete(path, syncDir)
	if err != nil {
		return err
	}
	v.room += v.sizes[path]
	delete(v.sizes, path)
	if v.log != nil {
		v.log.add(change{kind: removed, path: path, durable: syncDir})
	}
	return nil
}

// Rename gives a closed database another name, which must be free.
// Until the folder is synced, an image has one name or the other.
func (v *VFS) Rename(from, to string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := os.Link(from, to); err != nil {
		return err
	}
	if err := os.Remove(from); err != nil {
		return err
	}
	if v.log != nil {
		v.log.changes = append(v.log.changes, change{kind: renamed, path: to, from: from})
	}
	return nil
}

// SyncFolder makes the names in a folder durable, of which only those that were
// removed or renamed are in the log: it counts as a Sync.
func (v *VFS) SyncFolder(path string) error {
	verdict := v.outside(Sync, path)
	if verdict.err != nil && !verdict.after {
		return verdict.err
	}
	if err := durable.Folder(path); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.log != nil {
		v.log.changes = append(v.log.changes, change{kind: settled, path: path})
	}
	return verdict.err
}

// Access reports whether a file exists.
func (v *VFS) Access(path string, flags vfs.AccessFlag) (bool, error) {
	if verdict := v.call(Access, path); verdict.err != nil {
		return false, verdict.err
	}
	return below.Access(path, flags)
}

// FullPathname resolves a path.
func (v *VFS) FullPathname(path string) (string, error) { return below.FullPathname(path) }

// SetRoom lets the files that are opened from now on grow by bytes in all,
// and then fail with [Full], as a disk does. What is cut off or removed gives
// room back. A negative number takes the limit away.
func (v *VFS) SetRoom(bytes int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.limited, v.room = bytes >= 0, max(bytes, 0)
}

// Room returns the bytes left, -1 without a limit.
func (v *VFS) Room() int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.limited {
		return -1
	}
	return v.room
}

// grow accounts for a file that grows to end, and returns how far it may. The caller holds the lock.
func (v *VFS) grow(f *file, end int64) int64 {
	size, known := v.sizes[f.path]
	if !known {
		size, _ = f.File.Size()
	}
	if end <= size {
		return end
	}
	reach := min(end, size+v.room)
	v.room -= reach - size
	v.sizes[f.path] = reach
	return reach
}

// shrink accounts for a file that was cut. The caller holds the lock.
func (v *VFS) shrink(f *file, size int64) {
	if old, known := v.sizes[f.path]; known && size < old {
		v.room += old - size
		v.sizes[f.path] = size
	}
}

// content reads a file as it is now, nil where there is none.
func content(path string) []byte {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	if b == nil {
		b = []byte{}
	}
	return b
}
