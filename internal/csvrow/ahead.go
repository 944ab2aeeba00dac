package csvrow

import (
	"runtime"
	"sync"
)

// blockBytes is how many bytes of text a block has, and one record more.
const blockBytes = 1 << 20

// Ahead reads blocks of records in a goroutine of its own, and has each worked on in
// another one, a few blocks ahead of the caller. The caller gets the blocks in the
// order of the file.
type Ahead[T any] struct {
	order    chan *Batch[T]
	free     chan *Batch[T]
	stop     chan struct{}
	once     sync.Once
	all      sync.WaitGroup
	err      error // set before order is closed
	panicked any   // the same, of the reader
}

// Batch is a block, and what the work made of it.
type Batch[T any] struct {
	Block
	Of       T
	done     chan struct{}
	panicked any // of the work
}

// Parallel is how many blocks are worked on at once.
func Parallel() int { return min(runtime.GOMAXPROCS(0), 8) }

// ReadAhead takes r over, until Stop has returned. Blocks have at most so many
// records. If first is set, the record that r has read is the first of them. work
// may be nil; it must not keep the batch.
func ReadAhead[T any](r *Reader, first bool, records int, work func(*Batch[T])) *Ahead[T] {
	n := Parallel() + 2 // one is read, and the caller has one
	a := &Ahead[T]{order: make(chan *Batch[T], n), free: make(chan *Batch[T], n), stop: make(chan struct{})}
	for range n {
		a.free <- &Batch[T]{done: make(chan struct{}, 1)}
	}
	a.all.Go(func() {
		defer close(a.order)
		defer func() { a.panicked = recover() }()
		for a.err == nil {
			var b *Batch[T]
			select {
			case b = <-a.free:
			case <-a.stop:
				return
			}
			b.Reset()
			if first {
				b.Add(r, nil)
				first = false
			}
			a.err = r.Fill(&b.Block, records, blockBytes)
			long := len(b.text) > 4*blockBytes
			a.order <- b // which has room for all batches
			a.all.Go(func() {
				defer func() {
					b.panicked = recover()
					b.done <- struct{}{}
				}()
				if work != nil {
					work(b)
				}
			})
			if long && !a.drained(n) {
				return
			}
		}
	})
	return a
}

// drained waits until the caller has given back all batches, and reports whether it
// has. A block with a long record is the only one in memory but for short ones before it.
func (a *Ahead[T]) drained(n int) bool {
	var held []*Batch[T]
	for range n {
		select {
		case b := <-a.free:
			held = append(held, b)
		case <-a.stop:
			return false
		}
	}
	for _, b := range held {
		a.free <- b
	}
	return true
}

// Next returns the next batch, or the error that ended the reading: io.EOF behind
// the last. The caller gives the batch back by Release. If the reader or the work
// panicked, Next panics with the same value, on the caller's goroutine.
func (a *Ahead[T]) Next() (*Batch[T], error) {
	b, ok := <-a.order
	if !ok {
		raise(a.panicked)
		return nil, a.err
	}
	<-b.done
	raise(b.panicked)
	return b, nil
}

func raise(panicked any) {
	if panicked != nil {
		panic(panicked)
	}
}

// Release takes a batch back, from any goroutine.
func (a *Ahead[T]) Release(b *Batch[T]) { a.free <- b }

// Stop ends the reading, and waits for its goroutines.
func (a *Ahead[T]) Stop() {
	a.once.Do(func() { close(a.stop) })
	a.all.Wait()
}
