package sqlite

import (
	"io/fs"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3/vfs"
)

// mount is the VFS's state of one connection. It is registered as a VFS of its
// own: the engine names no connection when it asks for a temporary file.
type mount struct {
	vfs  string
	perm fs.FileMode
	temp string // the folder of its temporary files
	only bool   // reads only

	mu     sync.Mutex
	files  map[*galleyFile]struct{}
	temps  map[*tempFile]struct{}
	frozen atomic.Bool
	cut    atomic.Bool // the -wal was found cut, and a write was refused

	failed atomic.Pointer[failure] // the first since begin, nil without one
	marked atomic.Bool             // since begin, the write of a frame that commits has begun
}

var mountCount atomic.Uint64

// newMount registers a connection that is about to be opened with opts.
func newMount(opts Options) *mount {
	m := &mount{
		vfs:  opts.vfs + "-" + strconv.FormatUint(mountCount.Add(1), 10),
		perm: opts.Perm, temp: opts.tempDir(), only: opts.ReadOnly,
		files: map[*galleyFile]struct{}{}, temps: map[*tempFile]struct{}{},
	}
	g, _ := vfs.Find(opts.vfs).(galleyVFS)
	g.mount = m
	vfs.Register(m.vfs, g)
	return m
}

// uri names path through m. No character of path is read as anything else
// (https://sqlite.org/uri.html).
func (m *mount) uri(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/x
	}
	u := url.URL{Path: slashed}
	return "file:" + u.EscapedPath() + "?vfs=" + m.vfs
}

// freeze lets nothing of the connection's change a file any more.
func (m *mount) freeze() { m.frozen.Store(true) }

// unmount forgets the connection, and closes the files that it left open: a
// file that is closed holds no locks.
func (m *mount) unmount() {
	vfs.Unregister(m.vfs)
	m.mu.Lock()
	files, temps := m.files, m.temps
	m.files, m.temps = nil, nil
	m.mu.Unlock()
	for f := range files {
		f.unlock()
		f.release()
	}
	for f := range temps {
		f.Close()
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
