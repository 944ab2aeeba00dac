package sqlite

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/galley-db/galley/internal/fileid"
)

// galley's VFS stands between SQLite and the operating system's, for three
// things that the latter does not do: files get the permissions asked for,
// a full disk is reported as one, and a connection whose engine has failed
// can still be made to let go of its locks.

const vfsName = "galley"

// vfsBelow is the name under which a fault test outside of this package
// registers a VFS between galley's and the operating system's.
const vfsBelow = "galley.below"

func init() { vfs.Register(vfsName, galleyVFS{below: vfsBelow}) }

// galleyVFS is a vfs.VFS over the one of a name, or over the operating
// system's where there is none of it.
type galleyVFS struct{ below string }

func (g galleyVFS) under() vfs.VFS {
	if v := vfs.Find(g.below); v != nil {
		return v
	}
	return vfs.Find("")
}

// mount is the VFS's state of one connection.
type mount struct {
	id   uint64
	vfs  string
	perm fs.FileMode

	mu     sync.Mutex
	files  map[*galleyFile]struct{}
	frozen atomic.Bool
	cut    atomic.Bool // the -wal was found cut, and a write was refused
}

var (
	mounts     sync.Map // by id as text: *mount
	mountCount atomic.Uint64
)

// newMount registers a connection that is about to be opened.
func newMount(vfsName string, perm fs.FileMode) *mount {
	m := &mount{id: mountCount.Add(1), vfs: vfsName, perm: perm, files: map[*galleyFile]struct{}{}}
	mounts.Store(m.key(), m)
	return m
}

func (m *mount) key() string { return strconv.FormatUint(m.id, 10) }

// uri names path through m. No character of path is read as anything else
// (https://sqlite.org/uri.html).
func (m *mount) uri(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/x
	}
	u := url.URL{Path: slashed}
	return "file:" + u.EscapedPath() + "?vfs=" + m.vfs + "&galley=" + m.key()
}

// freeze lets nothing of the connection's change a file any more.
func (m *mount) freeze() { m.frozen.Store(true) }

// unmount forgets the connection, and closes the files that it left open: a
// file that is closed holds no locks.
func (m *mount) unmount() {
	mounts.Delete(m.key())
	m.mu.Lock()
	left := m.files
	m.files = nil
	m.mu.Unlock()
	for f := range left {
		f.unlock()
		f.File.Close()
	}
}

// sync has the database file's pages written to the disk.
func (m *mount) sync() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for f := range m.files {
		if f.main {
			return f.Sync(vfs.SYNC_NORMAL | vfs.SYNC_DATAONLY)
		}
	}
	return nil
}

// syncLog has the write-ahead log written to the disk, and with it what was
// committed.
func (m *mount) syncLog() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for f := range m.files {
		if f.log {
			return f.Sync(vfs.SYNC_NORMAL)
		}
	}
	return nil
}

// mountOf finds the mount of a file that SQLite opens, by the URI of its
// database.
func mountOf(name *vfs.Filename) *mount {
	m, ok := mounts.Load(name.URIParameter("galley"))
	if !ok {
		return nil
	}
	return m.(*mount)
}

// Open is never called: SQLite calls OpenFilename.
func (galleyVFS) Open(string, vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	return nil, 0, sqlite3.CANTOPEN
}

// OpenFilename opens the database, its -wal, or (without a name) a temporary
// file of the engine, and none of them on the descriptors of the standard streams.
func (g galleyVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if err := fileid.FillStandard(); err != nil {
		return nil, flags, vfs.SystemError(err, sqlite3.CANTOPEN)
	}
	if name == nil || name.String() == "" {
		f, flags, err := vfs.Find("").(vfs.VFSFilename).OpenFilename(nil, flags)
		return f, flags, diskFull(err)
	}
	m := mountOf(name)
	if m == nil {
		return nil, flags, sqlite3.CANTOPEN
	}
	// SQLite would create these with the permissions that the umask leaves.
	if flags&(vfs.OPEN_WAL|vfs.OPEN_MAIN_JOURNAL) != 0 && flags&vfs.OPEN_CREATE != 0 {
		_ = create(name.String(), m.perm)
	}
	var f vfs.File
	var err error
	below := g.under()
	if named, ok := below.(vfs.VFSFilename); ok {
		f, flags, err = named.OpenFilename(name, flags)
	} else {
		f, flags, err = below.Open(name.String(), flags)
	}
	if err != nil {
		return f, flags, diskFull(err)
	}
	if flags&vfs.OPEN_MAIN_DB != 0 && flags&vfs.OPEN_READONLY == 0 {
		_ = create(name.String()+"-shm", m.perm) // not beside a file that cannot be written
	}
	file := &galleyFile{File: f, mount: m, main: flags&vfs.OPEN_MAIN_DB != 0, log: flags&vfs.OPEN_WAL != 0}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files == nil {
		f.Close()
		return nil, flags, sqlite3.CANTOPEN
	}
	m.files[file] = struct{}{}
	return file, flags, nil
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
	return g.under().Delete(name, syncDir)
}

func (g galleyVFS) Access(name string, flags vfs.AccessFlag) (bool, error) {
	return g.under().Access(name, flags)
}

func (g galleyVFS) FullPathname(name string) (string, error) {
	return g.under().FullPathname(name)
}

// galleyFile passes everything on to the file below.
type galleyFile struct {
	vfs.File
	mount *mount
	main  bool // the database itself
	log   bool // its write-ahead log
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
	return f.File.Close()
}

func (f *galleyFile) WriteAt(p []byte, off int64) (int, error) {
	if f.mount.frozen.Load() {
		return 0, sqlite3.IOERR_WRITE
	}
	if f.log && off > 0 { // a WAL grows at its end: what is behind it was cut off
		if size, err := f.File.Size(); err == nil && size < off {
			f.mount.cut.Store(true)
			return 0, vfs.SystemError(errCut, sqlite3.IOERR_WRITE)
		}
	}
	n, err := f.File.WriteAt(p, off)
	return n, diskFull(err)
}

func (f *galleyFile) Truncate(size int64) error {
	if f.mount.frozen.Load() {
		return sqlite3.IOERR_TRUNCATE
	}
	return diskFull(f.File.Truncate(size))
}

func (f *galleyFile) SizeHint(size int64) error {
	if f.mount.frozen.Load() {
		return sqlite3.IOERR_TRUNCATE
	}
	if h, ok := f.File.(vfs.FileSizeHint); ok {
		return diskFull(h.SizeHint(size))
	}
	return sqlite3.NOTFOUND
}

func (f *galleyFile) SharedMemory() vfs.SharedMemory {
	if s, ok := f.File.(vfs.FileSharedMemory); ok {
		return s.SharedMemory()
	}
	return nil
}

// unlock gives up the locks on the shared memory of a connection whose engine
// has failed. They belong to its file, which the mapped memory keeps open even
// after it was closed.
func (f *galleyFile) unlock() {
	if s, ok := f.SharedMemory().(interface{ Fd() uintptr }); ok {
		fileid.Unlock(s.Fd())
	}
}

func (f *galleyFile) HasMoved() (bool, error) {
	if m, ok := f.File.(vfs.FileHasMoved); ok {
		return m.HasMoved()
	}
	return false, nil
}

func (f *galleyFile) PersistWAL() bool {
	w, ok := f.File.(vfs.FilePersistWAL)
	return ok && w.PersistWAL()
}

func (f *galleyFile) SetPersistWAL(keep bool) {
	if w, ok := f.File.(vfs.FilePersistWAL); ok {
		w.SetPersistWAL(keep)
	}
}

// diskFull maps an error of the operating system that means a full disk or
// quota to SQLITE_FULL; SQLite's own VFS in Go reports an I/O error. Sync is
// not mapped: after a failed sync the state of the file is unknown.
func diskFull(err error) error {
	if err != nil && fileid.IsFull(err) {
		return vfs.SystemError(err, sqlite3.FULL)
	}
	return err
}
