package faultvfs

import (
	"io/fs"
	"strings"
	"syscall"
)

// Op is a kind of call that SQLite makes, or a set of kinds.
type Op uint16

// The kinds. ShmMap and ShmLock are calls for the WAL's shared memory; the
// unlocking of it counts as ShmLock.
const (
	Open Op = 1 << iota
	Delete
	Access
	Read
	Write
	Truncate // also the hint of a size to come
	Sync
	Size
	Lock
	Unlock
	ShmMap
	ShmLock

	Any Op = 1<<iota - 1
)

var opNames = [...]string{"open", "delete", "access", "read", "write", "truncate", "sync", "size",
	"lock", "unlock", "shm map", "shm lock"}

// String returns the names of the kinds in o.
func (o Op) String() string {
	var names []string
	for i, name := range opNames {
		if o&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "+")
}

// Kinds are the single kinds in o.
func (o Op) Kinds() (all []Op) {
	for i := range opNames {
		if k := Op(1 << i); o&k != 0 {
			all = append(all, k)
		}
	}
	return all
}

// Fault says which calls fail, and how. Calls of shared memory cannot be given
// an error: a failing ShmMap is SQLITE_CANTOPEN, a failing ShmLock
// SQLITE_IOERR_SHMLOCK.
type Fault struct {
	On     Op
	Suffix string // only of files whose name ends so, "" for all
	Nth    int    // the call that fails, from 1; less is 1
	// Persistent makes all later calls that match fail as well.
	Persistent bool
	// Err is what a call fails with, nil means an *fs.PathError of EIO. An
	// error of the operating system, or a code of SQLite.
	Err error
	// Panic makes the call panic instead, as an engine out of memory does.
	Panic bool
	// Torn lets a failing write store the first half of its bytes.
	Torn bool
	// After lets the call do its work before it fails: a failed sync that may
	// still have stored everything.
	After bool
}

// Panicked is what a Fault with Panic panics with.
const Panicked = "faultvfs: the engine panics here"

// Full is the error of a disk without room, as the operating system gives it.
var Full error = &fs.PathError{Op: "write", Path: "faultvfs", Err: syscall.ENOSPC}

// Broken is the error of a disk that does not read or write.
var Broken error = &fs.PathError{Op: "io", Path: "faultvfs", Err: syscall.EIO}

// Arm makes f the VFS's fault, and restarts the count.
func (v *VFS) Arm(f Fault) {
	if f.Err == nil {
		f.Err = Broken
	}
	f.Nth = max(f.Nth, 1)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fault, v.matched, v.fired = f, 0, 0
}

// Disarm ends the fault and returns how many calls it has failed.
func (v *VFS) Disarm() (fired int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fault = Fault{}
	return v.fired
}

// Fired returns how many calls the present fault has failed.
func (v *VFS) Fired() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.fired
}

// Matched returns how many calls the present, or the last, fault was asked
// about.
func (v *VFS) Matched() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.matched
}

// verdict says what becomes of a call.
type verdict struct {
	err   error
	torn  bool
	after bool
}

// call counts a call and decides whether it fails. It panics where the fault
// says so.
func (v *VFS) call(op Op, name string) verdict {
	v.mu.Lock()
	if watch := v.watch; watch != nil && v.watched&op != 0 {
		v.mu.Unlock()
		watch(op, name)
		v.mu.Lock()
	}
	f := v.fault
	if f.On&op == 0 || !strings.HasSuffix(name, f.Suffix) {
		v.mu.Unlock()
		return verdict{}
	}
	v.matched++
	fails := v.matched == f.Nth || f.Persistent && v.matched > f.Nth
	if fails {
		v.fired++
	}
	v.mu.Unlock()
	switch {
	case !fails:
		return verdict{}
	case f.Panic:
		panic(Panicked)
	}
	return verdict{err: f.Err, torn: f.Torn, after: f.After}
}

// outside is call where the engine has no part in it, and so does not panic:
// the call fails instead.
func (v *VFS) outside(op Op, name string) (made verdict) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case Panicked:
			made = verdict{err: Broken}
		default:
			panic(p)
		}
	}()
	return v.call(op, name)
}
