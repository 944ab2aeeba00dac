package sqlite

import (
	"context"
	"sync"
	"time"

	"github.com/galley-db/galley/store"
)

// queue is the line in which writers of one file wait for the writer
// connection, first in, first out. The caller at the head leads: it alone has
// the connection, runs its own request and those queued behind it in one
// transaction, and passes the lead to the next.
//
// The queue contains no SQL; lead does the work.
type queue struct {
	mu      sync.Mutex
	head    *request // waiting, by ticket
	tail    *request
	leading bool // a caller leads
	closed  bool
	tickets uint64
	length  int
}

// request is one caller's wait for the writer.
type request struct {
	ctx       context.Context       // the caller's, looked at between statements
	batch     *insertion            // rows to insert, or
	exclusive func(w *writer) error // work that shares no transaction
	since     time.Time             // when the caller first asked

	result store.Result
	err    error
	wait   time.Duration // until the write lock was held
	hold   time.Duration // how long it was
	group  int           // batches in the transaction

	ticket     uint64
	state      requestState
	signal     chan struct{} // signaled once: lead, or done
	next, prev *request
}

type requestState uint8

const (
	waiting requestState = iota
	leads                // has been handed the lead
	taken                // is being run by the leader
	done                 // result and err are set
)

var signals = sync.Pool{New: func() any { return make(chan struct{}, 1) }}

// run waits for r's turn and returns when r is done. lead is called by at
// most one goroutine at a time. A context that ends while r waits takes r
// out of the queue and its error is returned; once a leader has taken r, run
// waits for what becomes of it, so that no failure is reported for a batch
// that is stored.
func (q *queue) run(ctx context.Context, r *request, lead func(r *request)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return store.ErrClosed
	}
	if r.ticket == 0 {
		q.tickets++
		r.ticket = q.tickets
	}
	if !q.leading {
		q.leading = true
		r.state = taken
		q.mu.Unlock()
		q.lead(r, lead)
		return r.err
	}
	r.signal = signals.Get().(chan struct{})
	q.insert(r)
	q.mu.Unlock()

	select {
	case <-r.signal:
	case <-ctx.Done():
		if q.leave(r) {
			signals.Put(r.signal)
			return ctx.Err()
		}
		<-r.signal
		if r.state == leads { // the lead came too late: pass it on
			signals.Put(r.signal)
			q.pass()
			return ctx.Err()
		}
	}
	signals.Put(r.signal)
	if r.state == leads {
		r.state = taken
		q.lead(r, lead)
	}
	return r.err
}

// try runs r if no caller leads, and reports whether it did.
func (q *queue) try(r *request, lead func(r *request)) (ran bool, err error) {
	q.mu.Lock()
	if q.leading || q.closed {
		q.mu.Unlock()
		return false, nil
	}
	q.leading = true
	r.state = taken
	q.mu.Unlock()
	q.lead(r, lead)
	return true, r.err
}

// lead runs r and the requests that share its transaction, and passes the lead
// on even if the goroutine panics or exits.
func (q *queue) lead(r *request, lead func(r *request)) {
	defer q.pass()
	lead(r)
}

// take removes the request at the head of the queue if it may share the
// leader's transaction and has at most rows rows.
func (q *queue) take(rows int) *request {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.head
	if r == nil || r.exclusive != nil || r.batch.rows() > rows {
		return nil
	}
	q.remove(r)
	r.state = taken
	return r
}

// putBack returns requests that were taken and not run to their places. A caller
// whose context ended meanwhile could not leave, and leaves now.
func (q *queue) putBack(rs []*request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range rs {
		if r.ctx != nil && r.ctx.Err() != nil {
			r.state, r.err = done, r.ctx.Err()
			r.signal <- struct{}{}
			continue
		}
		r.state = waiting
		q.insert(r)
	}
}

// finish wakes the callers of requests that were taken.
func (q *queue) finish(rs []*request) {
	q.mu.Lock()
	for _, r := range rs {
		r.state = done
	}
	q.mu.Unlock() // those who wake come back to it at once
	for _, r := range rs {
		r.signal <- struct{}{}
	}
}

// pass hands the lead to the head of the queue, if there is one.
func (q *queue) pass() {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.head
	if r == nil {
		q.leading = false
		return
	}
	q.remove(r)
	r.state = leads
	r.signal <- struct{}{}
}

// leave takes r out of the queue and reports whether it was still in it.
func (q *queue) leave(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r.state != waiting {
		return false
	}
	q.remove(r)
	return true
}

// close lets no further request in. Those that wait are served.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

func (q *queue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// len is the number of requests that wait.
func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.length
}

// insert puts r behind all requests with a smaller ticket. A batch that is
// tried again has an old one, and so keeps its place.
func (q *queue) insert(r *request) {
	at := q.tail
	for at != nil && at.ticket > r.ticket {
		at = at.prev
	}
	r.prev = at
	if at == nil {
		r.next, q.head = q.head, r
	} else {
		r.next, at.next = at.next, r
	}
	if r.next == nil {
		q.tail = r
	} else {
		r.next.prev = r
	}
	q.length++
}

func (q *queue) remove(r *request) {
	if r.prev == nil {
		q.head = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next == nil {
		q.tail = r.prev
	} else {
		r.next.prev = r.prev
	}
	r.next, r.prev = nil, nil
	q.length--
}
