// Package ahead reads the blocks of a file a few ahead of the caller, and works on
// several of them at once.
package ahead

import (
	"runtime"
	"sync"
)

// Reader reads blocks in a goroutine of its own, and has each worked on in another
// one. The caller gets the blocks in the order of the file.
type Reader[T any] struct {
	order    chan *block[T]
	free     chan *block[T]
	held     map[*T]*block[T] // by the caller
	mu       sync.Mutex
	stop     chan struct{}
	once     sync.Once
	all      sync.WaitGroup
	err      error // set before order is closed
	panicked any   // the same, of the reader
}

type block[T any] struct {
	of       T
	done     chan struct{}
	panicked any // of the work
}

// Parallel is how many blocks are worked on at once.
func Parallel() int { return min(runtime.GOMAXPROCS(0), 8) }

// Read starts the goroutines. fill reads the next block into b, which has been used
// before, and returns the error that ended the reading, io.EOF among them; the block is
// used anyway. Where fill reports that a block is long, it is the only one in
// memory but for those before it. work must not keep b. The caller calls Stop.
func Read[T any](fill func(b *T) (long bool, err error), work func(b *T)) *Reader[T] {
	n := Parallel() + 2 // one is read, and the caller has one
	a := &Reader[T]{order: make(chan *block[T], n), free: make(chan *block[T], n), held: map[*T]*block[T]{}, stop: make(chan struct{})}
	for range n {
		a.free <- &block[T]{done: make(chan struct{}, 1)}
	}
	a.all.Go(func() {
		defer close(a.order)
		defer func() { a.panicked = recover() }()
		for a.err == nil {
			var b *block[T]
			select {
			case b = <-a.free:
			case <-a.stop:
				return
			}
			var long bool
			long, a.err = fill(&b.of)
			a.order <- b // which has room for all blocks
			a.all.Go(func() {
				defer func() {
					b.panicked = recover()
					b.done <- struct{}{}
				}()
				work(&b.of)
			})
			if long && !a.drained(n) {
				return
			}
		}
	})
	return a
}

// drained waits until the caller has given back all blocks, and reports whether it
// has.
func (a *Reader[T]) drained(n int) bool {
	var held []*block[T]
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

// Next returns the next block, or the error that ended the reading: io.EOF behind
// the last. The caller gives the block back by Release. If fill or the work panicked,
// Next panics with the same value, on the caller's goroutine.
func (a *Reader[T]) Next() (*T, error) {
	b, ok := <-a.order
	if !ok {
		raise(a.panicked)
		return nil, a.err
	}
	<-b.done
	raise(b.panicked)
	a.mu.Lock()
	a.held[&b.of] = b
	a.mu.Unlock()
	return &b.of, nil
}

func raise(panicked any) {
	if panicked != nil {
		panic(panicked)
	}
}

// Release takes a block back, from any goroutine.
func (a *Reader[T]) Release(of *T) {
	a.mu.Lock()
	b := a.held[of]
	delete(a.held, of)
	a.mu.Unlock()
	a.free <- b
}

// Stop ends the reading, and waits for its goroutines.
func (a *Reader[T]) Stop() {
	a.once.Do(func() { close(a.stop) })
	a.all.Wait()
}
