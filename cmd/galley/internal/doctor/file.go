package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/internal/holder"
)

// file looks at the file from outside.
func (e *examination) file() {
	path, err := fileid.Resolve(e.path)
	if err != nil {
		e.problem("file", err.Error(), "check the path")
		return
	}
	e.path = path
	info, err := fileid.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.problem("file", path+" does not exist", "check the path")
		return
	case err != nil:
		e.problem("file", err.Error(), "check the path and its permissions")
		return
	case !info.Regular:
		e.problem("file", path+" is not a regular file", "give the path of the database itself")
		return
	}
	e.there = true
	e.fine("file", fmt.Sprintf("%s, %s", path, Size(info.Size)))
	if info.Links > 1 {
		e.problem("links", fmt.Sprintf("the file has %d names (hard links): each would get a write-ahead log of its own, and rows would be lost", info.Links),
			"find the others with find -samefile, and remove them or copy the file")
	} else {
		e.fine("links", "one name")
	}
	e.system(fileid.FileSystem(path))
	e.permissions(info)
	e.beside()
}

// system judges the file system.
func (e *examination) system(system fileid.FS, err error) {
	switch {
	case err != nil:
		e.note("file system", err.Error(), "")
	case system.Unsafe:
		e.problem("file system", system.Name+": locks and shared memory do not work between the hosts that share it",
			"move the file to a local disk, or use a server (galley copy)")
	default:
		e.fine("file system", system.Name)
	}
}

// permissions compares those of the -wal and -shm with the file's own.
func (e *examination) permissions(info fileid.Info) {
	if runtime.GOOS == "windows" {
		return
	}
	ok := true
	if info.Perm&0o022 != 0 {
		ok = false
		e.note("permissions", fmt.Sprintf("other users can write to the file (%v)", info.Perm), "chmod go-w "+e.path)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		beside, err := fileid.Stat(e.path + suffix)
		if err == nil && beside.Perm&^info.Perm != 0 {
			ok = false
			e.problem("permissions", fmt.Sprintf("%s%s is %v, wider than the file's %v", e.path, suffix, beside.Perm, info.Perm),
				fmt.Sprintf("chmod %o %s%s", info.Perm, e.path, suffix))
		}
		if err == nil && beside.Owner != info.Owner {
			ok = false
			e.problem("permissions", fmt.Sprintf("%s%s belongs to user %d and group %d, and the file to user %d and group %d, who may be locked out",
				e.path, suffix, beside.Owner.User, beside.Owner.Group, info.Owner.User, info.Owner.Group),
				fmt.Sprintf("as root: chown %d:%d %s%s", info.Owner.User, info.Owner.Group, e.path, suffix))
		}
	}
	if ok {
		e.fine("permissions", info.Perm.String())
	}
}

// beside looks for files that belong to this one, or look as if.
func (e *examination) beside() {
	dir, base := filepath.Split(e.path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		e.note("folder", err.Error(), "")
		return
	}
	clean := true
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case strings.HasPrefix(name, base+".new-"):
			clean = false
			e.note("foreign files", name+" was left behind by a process that was creating or copying a database", "remove it when no galley runs here")
		case name == base+"-journal":
			clean = false
			e.problem("foreign files", name+" is the rollback journal of a program that does not use write-ahead logging",
				"open the file once with sqlite3 to let it recover, and find out which program it was")
		case strings.HasPrefix(name, base+"-") && name != base+"-wal" && name != base+"-shm":
			clean = false
			e.note("foreign files", name+" is not one of galley's files", "")
		}
	}
	if clean {
		e.fine("foreign files", "none")
	}
}

// holders finds who has the file open, and says why the WAL does not shrink.
func (e *examination) holders() {
	var err error
	e.open, e.known, err = holder.Of(e.path)
	switch {
	case err != nil:
		e.note("open in", err.Error(), "")
	case len(e.open) == 0 && e.known:
		e.fine("open in", "no other process")
	case len(e.open) == 0:
		e.note("open in", "some processes cannot be inspected", "run galley doctor as root to see all")
	}
	for _, h := range e.open {
		e.fine("open in", Describe(h))
	}
	info, err := fileid.Stat(e.path + "-wal")
	if err != nil || info.Size == 0 {
		e.fine("WAL", "empty")
		return
	}
	text := Size(info.Size)
	if info.Size <= largeWAL {
		e.fine("WAL", text)
		return
	}
	for _, h := range e.open {
		if h.Reading {
			e.problem("WAL", fmt.Sprintf("%s: it cannot be cut back while %s", text, Describe(h)), "let it finish, or end it; then galley checkpoint "+e.path)
			return
		}
	}
	if len(e.open) > 0 || !e.known {
		e.note("WAL", text+": larger than its bound, for example because a long read kept it from being cut back", "galley checkpoint "+e.path)
		return
	}
	e.note("WAL", text+": left by a process that ended before it could move it into the file; nothing is lost", "galley checkpoint "+e.path)
}

// largeWAL is above the size at which a writer cuts the WAL back, with what a
// large batch may add.
const largeWAL = 64 << 20

// Size shows a number of bytes.
func Size(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	f, u := float64(n), 0
	for f >= 1024 && u < len(units)-1 {
		f, u = f/1024, u+1
	}
	if u == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[u])
}
