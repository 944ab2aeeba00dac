package pageimage

import (
	"io"
	"sync"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// vfsName is the name of the VFS that serves slots.
const vfsName = "galley-image"

// slots are the open ones by name. A name is looked up when it is attached,
// and never while pages are read.
var slots sync.Map

// register makes the VFS known to the engine.
var register = sync.OnceFunc(func() { vfs.Register(vfsName, slotVFS{}) })

// slotVFS opens slots as read-only databases. https://sqlite.org/vfs.html
type slotVFS struct{}

// Open opens a slot for reading; an image has no journal.
func (slotVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	s, ok := slots.Load(name)
	if !ok || flags&vfs.OPEN_MAIN_DB == 0 {
		return nil, flags, sqlite3.CANTOPEN
	}
	flags &^= vfs.OPEN_READWRITE | vfs.OPEN_CREATE
	return &handle{slot: s.(*Slot)}, flags | vfs.OPEN_READONLY, nil
}

// Delete refuses: there is nothing that is the engine's to delete.
func (slotVFS) Delete(string, bool) error { return sqlite3.IOERR_DELETE }

// Access says that there is no journal.
func (slotVFS) Access(string, vfs.AccessFlag) (bool, error) { return false, nil }

// FullPathname leaves the name as it is.
func (slotVFS) FullPathname(name string) (string, error) { return name, nil }

// handle is a slot that a connection has open.
type handle struct {
	slot    *Slot
	reading bool
	scratch *page // of a page in a file of which a part is read
}

// ReadAt copies from the pages that the slot serves. The engine asks for whole
// pages, or for a part of the first.
func (h *handle) ReadAt(b []byte, off int64) (int, error) {
	pages := h.slot.file.pages
	n := 0
	for n < len(b) {
		i, at := off/PageSize, off%PageSize
		if i >= int64(len(pages)) {
			return n, io.EOF
		}
		p := pages[i]
		if p == nil {
			if h.scratch == nil {
				h.scratch = new(page)
			}
			p = h.scratch
			if at == 0 && len(b)-n >= PageSize {
				p = (*page)(b[n:])
			}
			if err := h.slot.file.read(int(i), p[:]); err != nil {
				h.slot.err = err
				return n, sqlite3.IOERR_READ
			}
		}
		k := copy(b[n:], p[at:])
		n += k
		off += int64(k)
	}
	return n, nil
}

// Size is that of the images served.
func (h *handle) Size() (int64, error) { return h.slot.file.size(), nil }

// Lock notes that a transaction has begun to read. It never waits.
func (h *handle) Lock(vfs.LockLevel) error {
	if !h.reading {
		h.reading = true
		h.slot.readers++
	}
	return nil
}

// Unlock notes that a transaction has ended.
func (h *handle) Unlock(level vfs.LockLevel) error {
	if h.reading && level == vfs.LOCK_NONE {
		h.reading = false
		h.slot.readers--
	}
	return nil
}

// Close ends whatever the connection was reading.
func (h *handle) Close() error { return h.Unlock(vfs.LOCK_NONE) }

// CheckReservedLock reports that no process writes.
func (*handle) CheckReservedLock() (bool, error) { return false, nil }

// WriteAt refuses: images are read-only.
func (*handle) WriteAt([]byte, int64) (int, error) { return 0, sqlite3.READONLY }

// Truncate refuses: images are read-only.
func (*handle) Truncate(int64) error { return sqlite3.READONLY }

// Sync has nothing to do.
func (*handle) Sync(vfs.SyncFlag) error { return nil }

// SectorSize is of no interest to a database that is never written.
func (*handle) SectorSize() int { return 0 }

// DeviceCharacteristics promises nothing.
func (*handle) DeviceCharacteristics() vfs.DeviceCharacteristic { return 0 }
