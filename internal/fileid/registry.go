package fileid

import (
	"errors"
	"fmt"
	"sync"
)

// ErrNotHeld is returned when an ID is released more often than it was
// acquired.
var ErrNotHeld = errors.New("released more often than acquired")

var errPanic = errors.New("opening it panicked in another goroutine")

// Registry holds one value for each ID, from the first Acquire to the last
// Release. The zero Registry is empty and ready to use. It is safe for use by
// several goroutines at once, and must not be copied after its first use.
type Registry[T any] struct {
	mu      sync.Mutex
	entries map[ID]*entry[T]
}

// entry is a value and its holders. The registry's lock guards refs and
// closing; value and err are set before opened is closed.
type entry[T any] struct {
	refs    int // goroutines that wait for opened included
	closing bool
	opened  chan struct{}
	closed  chan struct{}
	value   T
	err     error
}

// Acquire returns the value of id. Where there is none, it calls open to make
// it; others that acquire the same id meanwhile wait for it and get the same
// value or the same error, and other ids are not held up. After an error
// nothing is held, and the next Acquire calls open again. While the value of
// id is being closed, Acquire waits and then opens a new one.
//
// Each Acquire that succeeds needs one [Registry.Release]. Neither open nor
// close may use the Registry with the same id.
func (r *Registry[T]) Acquire(id ID, open func() (T, error)) (T, error) {
	for {
		r.mu.Lock()
		e, ok := r.entries[id]
		switch {
		case !ok:
			e = &entry[T]{refs: 1, opened: make(chan struct{}), closed: make(chan struct{})}
			if r.entries == nil {
				r.entries = make(map[ID]*entry[T])
			}
			r.entries[id] = e
			r.mu.Unlock()
			return r.open(id, e, open)
		case e.closing:
			r.mu.Unlock()
			<-e.closed
		default:
			e.refs++
			r.mu.Unlock()
			<-e.opened
			return e.value, e.err
		}
	}
}

// open makes the value of e. Whatever happens in open, those who wait for e
// are woken, and a failed e is out of the map by then.
func (r *Registry[T]) open(id ID, e *entry[T], open func() (T, error)) (T, error) {
	e.err = errPanic
	defer func() {
		if e.err != nil {
			r.remove(id)
		}
		close(e.opened)
	}()
	var zero T
	value, err := open()
	if e.err = err; err != nil {
		return zero, err
	}
	e.value = value
	return value, nil
}

// Release gives back what one Acquire returned. The last one calls close with
// the value, unless close is nil, and returns true and close's error; the
// value is out of the Registry then, whatever close returned. It returns
// [ErrNotHeld] where id is not held.
func (r *Registry[T]) Release(id ID, close func(T) error) (last bool, err error) {
	r.mu.Lock()
	e, ok := r.entries[id]
	if !ok || e.closing {
		r.mu.Unlock()
		return false, fmt.Errorf("file %v: %w", id, ErrNotHeld)
	}
	e.refs--
	last = e.refs == 0
	e.closing = last
	r.mu.Unlock()
	if !last {
		return false, nil
	}
	defer e.gone()
	defer r.remove(id)
	if close == nil {
		return true, nil
	}
	return true, close(e.value)
}

// Refs returns how often id is held, including callers that wait for its opening.
// It is 0 while the value is being closed.
func (r *Registry[T]) Refs(id ID) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.entries[id]; ok {
		return e.refs
	}
	return 0
}

func (r *Registry[T]) remove(id ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.entries, id)
}

// gone wakes the callers that wait to open the file again.
func (e *entry[T]) gone() { close(e.closed) }
