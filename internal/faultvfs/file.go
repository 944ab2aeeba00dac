package faultvfs

import (
	"runtime"
	"strings"

	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
)

// file passes on what does not fail.
type file struct {
	vfs.File
	vfs  *VFS
	path string
}

func (f *file) Unwrap() vfs.File { return f.File }

func (f *file) Close() error {
	f.vfs.mu.Lock()
	f.vfs.open--
	f.vfs.mu.Unlock()
	return f.File.Close()
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if verdict := f.vfs.call(Read, f.path); verdict.err != nil {
		return 0, verdict.err
	}
	return f.File.ReadAt(p, off)
}

func (f *file) WriteAt(p []byte, off int64) (int, error) {
	verdict := f.vfs.call(Write, f.path)
	if verdict.err != nil {
		n := 0
		if verdict.torn {
			n = len(p) / 2
		}
		if verdict.after {
			n = len(p)
		}
		if n > 0 {
			if _, err := f.write(p[:n], off); err != nil {
				return 0, err
			}
		}
		return 0, verdict.err
	}
	return f.write(p, off)
}

// write writes as far as there is room, and logs it.
func (f *file) write(p []byte, off int64) (int, error) {
	v := f.vfs
	v.mu.Lock()
	defer v.mu.Unlock()
	fits := p
	if v.limited {
		reach := v.grow(f, off+int64(len(p)))
		fits = p[:max(0, reach-off)]
	}
	n, err := f.File.WriteAt(fits, off)
	if v.log != nil && n > 0 {
		v.log.add(change{kind: written, path: f.path, at: off, data: append([]byte(nil), fits[:n]...)})
	}
	if err == nil && len(fits) < len(p) {
		err = Full
	}
	return n, err
}

func (f *file) Truncate(size int64) error {
	if verdict := f.vfs.call(Truncate, f.path); verdict.err != nil {
		return verdict.err
	}
	v := f.vfs
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := f.File.Truncate(size); err != nil {
		return err
	}
	v.shrink(f, size)
	if v.log != nil {
		v.log.add(change{kind: cut, path: f.path, at: size})
	}
	return nil
}

func (f *file) SizeHint(size int64) error {
	if verdict := f.vfs.call(Truncate, f.path); verdict.err != nil {
		return verdict.err
	}
	v := f.vfs
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.limited {
		if reach := v.grow(f, size); reach < size {
			v.shrink(f, reach) // what was taken stays taken, as by fallocate
			return Full
		}
	}
	h, ok := f.File.(vfs.FileSizeHint)
	if !ok {
		return nil
	}
	if err := h.SizeHint(size); err != nil {
		return err
	}
	if v.log != nil {
		v.log.add(change{kind: grown, path: f.path, at: size})
	}
	return nil
}

func (f *file) Sync(flags vfs.SyncFlag) error {
	verdict := f.vfs.call(Sync, f.path)
	if verdict.err != nil && !verdict.after {
		return verdict.err
	}
	if err := f.File.Sync(flags); err != nil {
		return err
	}
	v := f.vfs
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.log != nil {
		v.log.add(change{kind: synced, path: f.path})
	}
	return verdict.err
}

func (f *file) Size() (int64, error) {
	if verdict := f.vfs.call(Size, f.path); verdict.err != nil {
		return 0, verdict.err
	}
	return f.File.Size()
}

func (f *file) Lock(level vfs.LockLevel) error {
	if verdict := f.vfs.call(Lock, f.path); verdict.err != nil {
		return verdict.err
	}
	return f.File.Lock(level)
}

func (f *file) Unlock(level vfs.LockLevel) error {
	if verdict := f.vfs.call(Unlock, f.path); verdict.err != nil {
		return verdict.err
	}
	return f.File.Unlock(level)
}

func (f *file) HasMoved() (bool, error) { return vfsutil.WrapHasMoved(f.File) }

func (f *file) PersistWAL() bool { return vfsutil.WrapPersistWAL(f.File) }

func (f *file) SetPersistWAL(keep bool) { vfsutil.WrapSetPersistWAL(f.File, keep) }

// unusable is shared memory whose calls fail: its file is in no folder.
var unusable = vfs.NewSharedMemory("/faultvfs: no such folder/shm", vfs.OPEN_MAIN_DB)

// SharedMemory returns an instance that fails for a call that must fail: SQLite's
// glue asks for it at each call, and its methods are sealed.
func (f *file) SharedMemory() vfs.SharedMemory {
	s, ok := f.File.(vfs.FileSharedMemory)
	f.vfs.mu.Lock()
	hidden := f.vfs.noShm
	f.vfs.mu.Unlock()
	if !ok || hidden {
		return nil
	}
	shm := s.SharedMemory()
	if shm == nil {
		return nil
	}
	if op := f.vfs.shmCall(); op != 0 {
		if verdict := f.vfs.call(op, f.path+"-shm"); verdict.err != nil {
			return unusable
		}
	}
	return shm
}

// shmCall returns the call that needs the shared memory, if a fault asks for it.
func (v *VFS) shmCall() Op {
	v.mu.Lock()
	armed := v.fault.On&(ShmMap|ShmLock) != 0
	v.mu.Unlock()
	if !armed {
		return 0
	}
	var callers [8]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers[:])])
	for {
		frame, more := frames.Next()
		switch {
		case strings.HasSuffix(frame.Function, "vfs.vfsShmMap"):
			return ShmMap
		case strings.HasSuffix(frame.Function, "vfs.vfsShmLock"):
			return ShmLock
		case !more:
			return 0
		}
	}
}
