package durable

import (
	"os"
	"sync"
	"sync/atomic"
)

// writebackBytes is how much of a file is written before the system begins to write
// it to the disk.
const writebackBytes = 1 << 20

// Writeback lets the system write a large file to the disk while the program makes
// more of it. The sync at the end finds less to do. Without Writeback, the disk is
// idle until then. Writeback promises nothing by itself. Its zero value is for a new
// file, and is used by one goroutine at a time.
type Writeback struct {
	from, to int64 // written, and not yet passed to begin
	busy     atomic.Bool
	running  sync.WaitGroup
}

// Wrote is called after each write of n bytes at off to f. It does nothing for an f
// that is not a file of the operating system.
func (w *Writeback) Wrote(f any, off int64, n int) {
	if off != w.to {
		w.from = off
	}
	w.to = off + int64(n)
	file, ok := f.(interface{ Fd() uintptr })
	if !ok || w.to-w.from < writebackBytes || !w.busy.CompareAndSwap(false, true) {
		return
	}
	fd, from, size := file.Fd(), w.from, w.to-w.from
	w.from = w.to
	w.running.Go(func() { // a busy disk lets the call wait, and the caller may hold a lock
		begin(fd, from, size)
		w.busy.Store(false)
	})
}

// Wait is called before f is closed: a call under way would keep the file's locks.
func (w *Writeback) Wait() { w.running.Wait() }

// Growing is a file that is written from its beginning to its end, with Writeback.
type Growing struct {
	*os.File
	writeback Writeback
	size      int64
}

// Write appends to the file.
func (f *Growing) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.writeback.Wrote(f.File, f.size, n)
	f.size += int64(n)
	return n, err
}

// Close closes the file.
func (f *Growing) Close() error {
	f.writeback.Wait()
	return f.File.Close()
}
