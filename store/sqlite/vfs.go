package sqlite

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/galley-db/galley/internal/durable"
	"github.com/galley-db/galley/internal/fileid"
)

// galley's VFS stands between SQLite and the operating system's, for five
// things that the latter does not do: files get the permissions asked for,
// errors of the operating system are kept, temporary files go into the folder
// asked for, the disk begins to write a large amount before the checkpoint waits for
// it, and a connection whose engine has failed can still be made to let go of its
// locks.

const vfsName = "galley"

// vfsBelow is the name under which a fault test outside of this package
// registers a VFS between galley's and the operating system's.
const vfsBelow = "galley.below"

func init() { vfs.Register(vfsName, galleyVFS{below: vfsBelow}) }

// galleyVFS is a vfs.VFS over the one of a name, or over the operating
// system's where there is none of it. Each connection has a galleyVFS of its own.
type galleyVFS struct {
	below string
	mount *mount // the connection's, nil in the one that a connection copies
}

func (g galleyVFS) under() vfs.VFS {
	if v := vfs.Find(g.below); v != nil {
		return v
	}
	return vfs.Find("")
}

// Open is never called: SQLite calls OpenFilename.
func (galleyVFS) Open(string, vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	return nil, 0, sqlite3.CANTOPEN
}

// OpenFilename opens the database, its -wal, or (without a name) a temporary
// file of the engine, and none of them on the descriptors of the standard streams.
func (g galleyVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	m := g.mount
	if m == nil {
		return nil, flags, sqlite3.CANTOPEN
	}
	if err := fileid.FillStandard(); err != nil {
		return nil, flags, vfs.SystemError(m.record("open", os.DevNull, err), sqlite3.CANTOPEN)
	}
	if name == nil || name.String() == "" {
		return m.openTemp(flags)
	}
	// SQLite would create these with the permissions that the umask leaves.
	if flags&(vfs.OPEN_WAL|vfs.OPEN_MAIN_JOURNAL) != 0 && flags&vfs.OPEN_CREATE != 0 {
		_ = m.record("create", name.String(), create(name.String(), m.perm))
	}
	f, flags, err := g.openUnder(name, flags)
	if err != nil && m.only && flags&vfs.OPEN_WAL != 0 {
		// SQLite asks to write the -wal also for a database that is only read. On a
		// read-only mount of a folder in which another process writes, it can be read.
		f, flags, err = g.openUnder(name, flags&^(vfs.OPEN_READWRITE|vfs.OPEN_CREATE)|vfs.OPEN_READONLY)
	}
	if err != nil {
		return f, flags, m.record("open", name.String(), err)
	}
	if flags&vfs.OPEN_MAIN_DB != 0 && flags&vfs.OPEN_READONLY == 0 {
		shm := name.String() + "-shm"
		_ = m.record("create", shm, create(shm, m.perm)) // not beside a file that cannot be written
	}
	file := &galleyFile{File: f, path: name.String(), mount: m, main: flags&vfs.OPEN_MAIN_DB != 0, log: flags&vfs.OPEN_WAL != 0}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files == nil {
		f.Close()
		return nil, flags, sqlite3.CANTOPEN
	}
	m.files[file] = struct{}{}
	return file, flags, nil
}

// openUnder opens a file in the VFS below.
func (g galleyVFS) openUnder(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	below := g.under()
	if named, ok := below.(vfs.VFSFilename); ok {
		return named.OpenFilename(name, flags)
	}
	return below.Open(name.String(), flags)
}

// create creates an empty -wal or -shm with the permissions perm where there is
// none. It belongs to the owner of the database: what root left behind after a
// crash would lock the owner out. An error also shows when SQLite opens the
// file.
func create(path string, perm fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	f.Close()
	main, err := fileid.Stat(strings.TrimSuffix(strings.TrimSuffix(path, "-wal"), "-shm"))
	if err != nil {
		return nil
	}
	if own, err := fileid.Stat(path); err == nil && own.Owner != main.Owner {
		// Another user than root may only do this to the group, if at all.
		_ = fileid.Chown(path, main.Owner)
	}
	return nil
}

func (g galleyVFS) Delete(name string, syncDir bool) error {
	return g.mount.record("remove", name, g.under().Delete(name, syncDir))
}

func (g galleyVFS) Access(name string, flags vfs.AccessFlag) (bool, error) {
	found, err := g.under().Access(name, flags)
	return found, g.mount.record("access", name, err)
}

func (g galleyVFS) FullPathname(name string) (string, error) {
	full, err := g.under().FullPathname(name)
	return full, g.mount.record("resolve", name, err)
}

// galleyFile passes everything on to the file below.
type galleyFile struct {
	vfs.File
	path  string
	mount *mount
	main  bool // the database itself
	log   bool // its write-ahead log

	writeback durable.Writeback
}

func (f *galleyFile) Unwrap() vfs.File { return f.File }

func (f *galleyFile) Close() error {
	f.mount.mu.Lock()
	_, open := f.mount.files[f]
	delete(f.mount.files, f)
	f.mount.mu.Unlock()
	if !open { // unmount has closed it
		return nil
	}
	return f.release()
}

// release closes the file below.
func (f *galleyFile) release() error {
	f.writeback.Wait()
	return f.File.Close()
}

// record is the mount's, for an operation on f.
func (f *galleyFile) record(op string, err error) error { return f.mount.record(op, f.path, err) }

func (f *galleyFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(p, off)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	return n, f.record("read", err)
}

func (f *galleyFile) WriteAt(p []byte, off int64) (int, error) {
	if f.mount.frozen.Load() {
		return 0, sqlite3.IOERR_WRITE
	}
	if f.log {
		if off > 0 { // a WAL grows at its end: what is behind it was cut off
			if size, err := f.File.Size(); err == nil && size < off {
				f.mount.cut.Store(true)
				return 0, vfs.SystemError(errCut, sqlite3.IOERR_WRITE)
			}
		}
		f.mount.mark(p)
	}
	n, err := f.File.WriteAt(p, off)
	f.writeback.Wrote(f.File, off, n)
	return n, f.record("write", err)
}

func (f *galleyFile) Truncate(size int64) error {
	if f.mount.frozen.Load() {
		return sqlite3.IOERR_TRUNCATE
	}
	return f.record("truncate", f.File.Truncate(size))
}

func (f *galleyFile) Sync(flags vfs.SyncFlag) error { return f.record("sync", f.File.Sync(flags)) }

func (f *galleyFile) Size() (int64, error) {
	n, err := f.File.Size()
	return n, f.record("seek", err)
}

func (f *galleyFile) Lock(level vfs.LockLevel) error { return f.record("lock", f.File.Lock(level)) }

func (f *galleyFile) SizeHint(size int64) error {
	if f.mount.frozen.Load() {
		return sqlite3.IOERR_TRUNCATE
	}
	if h, ok := f.File.(vfs.FileSizeHint); ok {
		return f.record("allocate", h.SizeHint(size))
	}
	return sqlite3.NOTFOUND
}

func (f *galleyFile) SharedMemory() vfs.SharedMemory { return vfsutil.WrapSharedMemory(f.File) }

// unlock gives up the locks on the shared memory of a connection whose engine
// has failed. They belong to its file, which the mapped memory keeps open even
// after it was closed.
func (f *galleyFile) unlock() {
	if s, ok := f.SharedMemory().(interface{ Fd() uintptr }); ok {
		fileid.Unlock(s.Fd())
	}
}

func (f *galleyFile) HasMoved() (bool, error) { return vfsutil.WrapHasMoved(f.File) }

func (f *galleyFile) PersistWAL() bool { return vfsutil.WrapPersistWAL(f.File) }

func (f *galleyFile) SetPersistWAL(keep bool) { vfsutil.WrapSetPersistWAL(f.File, keep) }
