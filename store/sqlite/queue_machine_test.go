package sqlite

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
)

// TestQueueMachine drives a queue through random steps, each of them only when
// every goroutine is idle, and compares the queue with a list. There is one
// leader at a time, the oldest ticket leads next, a leader's panic or Goexit
// passes the lead on, and each caller gets its outcome exactly once.
func TestQueueMachine(t *testing.T) {
	testtime.Seconds(t)
	rapid.Check(t, func(rt *rapid.T) {
		var failed any
		synctest.Test(t, func(*testing.T) {
			before := signals.New
			signals = sync.Pool{New: before} // its channels are of this bubble
			m := &machine{quit: make(chan struct{})}
			defer func() {
				failed = recover()
				m.stop()
				signals = sync.Pool{New: before}
			}()
			rt.Repeat(map[string]func(*rapid.T){
				"":        m.check,
				"submit":  m.submit,
				"submits": func(t *rapid.T) { m.submit(t); m.submit(t); m.submit(t) },
				"late":    m.late,
				"cancel":  m.cancel,
				"take":    m.take,
				"putBack": m.putBack,
				"end":     m.end,
				"close":   m.close,
			})
		})
		if failed != nil {
			panic(failed)
		}
	})
}

// machine is a queue and what it must be.
type machine struct {
	q       queue
	quit    chan struct{}
	waiting []*caller // by ticket
	leader  *caller
	taken   []*caller
	done    []*caller // failed callers may come back with their tickets
	closed  bool
	tickets uint64 // given so far

	mu    sync.Mutex
	leads []*caller // whose lead function runs
}

// caller is a goroutine in queue.run.
type caller struct {
	r       *request
	ticket  uint64 // that it has or must get
	end     context.CancelFunc
	steps   chan func() bool // what it does as the leader, until false
	mu      sync.Mutex
	returns int
	err     error
	deaf    bool // its context ended while it was being written
}

func (c *caller) returned() (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.returns, c.err
}

// start runs a caller's goroutine.
func (m *machine) start(c *caller) {
	ctx, cancel := context.WithCancel(context.Background())
	c.end = cancel
	go func() {
		defer cancel()
		err := errors.New("the goroutine was left by a panic or Goexit")
		defer func() {
			_ = recover()
			c.mu.Lock()
			defer c.mu.Unlock()
			c.returns++
			c.err = err
		}()
		err = m.q.run(ctx, c.r, func(*request) { m.lead(c) })
	}()
}

// lead follows the plan of its caller.
func (m *machine) lead(c *caller) {
	m.mu.Lock()
	m.leads = append(m.leads, c)
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.leads = slices.DeleteFunc(m.leads, func(l *caller) bool { return l == c })
	}()
	for {
		select {
		case step := <-c.steps:
			if !step() {
				return
			}
		case <-m.quit:
			return
		}
	}
}

// stop lets everybody go, those that were taken first.
func (m *machine) stop() {
	var rs []*request
	for _, c := range m.taken {
		rs = append(rs, c.r)
	}
	if m.leader != nil {
		select {
		case m.leader.steps <- func() bool { m.q.finish(rs); return false }:
		default:
		}
	}
	close(m.quit)
	synctest.Wait()
}

// order has the leader do something, and waits until all is at rest.
func (m *machine) order(step func() bool) {
	m.leader.steps <- step
	synctest.Wait()
}

func (m *machine) submit(t *rapid.T) {
	c := &caller{r: &request{batch: batchOf(rapid.IntRange(1, 5).Draw(t, "rows"))}, steps: make(chan func() bool)}
	if rapid.IntRange(0, 4).Draw(t, "exclusive") == 0 {
		c.r = &request{exclusive: func(*writer) error { return nil }}
	}
	if n := len(m.done); n > 0 && rapid.Bool().Draw(t, "comes back") {
		i := rapid.IntRange(0, n-1).Draw(t, "who")
		c.ticket, c.r.ticket = m.done[i].ticket, m.done[i].ticket
		m.done = slices.Delete(m.done, i, i+1)
	} else if !m.closed {
		m.tickets++
		c.ticket = m.tickets
	}
	m.start(c)
	synctest.Wait()
	if c.r.ticket != c.ticket {
		t.Fatalf("the ticket is %d, want %d", c.r.ticket, c.ticket)
	}
	switch {
	case m.closed:
		if n, err := c.returned(); n != 1 || !errors.Is(err, store.ErrClosed) {
			t.Fatalf("a request after close: returned %d times, %v", n, err)
		}
	case m.leader == nil:
		m.leader = c
	default:
		m.wait(c)
	}
}

// late submits a request whose context has ended: it is not let in.
func (m *machine) late(t *rapid.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := &request{batch: batchOf(1)}
	if err := m.q.run(ctx, r, func(*request) { t.Error("it leads") }); !errors.Is(err, context.Canceled) || r.ticket != 0 {
		t.Fatalf("it was told %v, and has the ticket %d", err, r.ticket)
	}
}

// wait puts a caller into the list.
func (m *machine) wait(c *caller) {
	i := slices.IndexFunc(m.waiting, func(w *caller) bool { return w.ticket > c.ticket })
	if i < 0 {
		i = len(m.waiting)
	}
	m.waiting = slices.Insert(m.waiting, i, c)
}

func (m *machine) cancel(t *rapid.T) {
	all := append(slices.Clone(m.waiting), m.taken...)
	if m.leader != nil {
		all = append(all, m.leader)
	}
	if len(all) == 0 {
		t.Skip("nobody is there")
	}
	c := rapid.SampledFrom(all).Draw(t, "who")
	c.end()
	synctest.Wait()
	c.deaf = c.deaf || slices.Contains(m.taken, c)
	if i := slices.Index(m.waiting, c); i >= 0 && !c.deaf {
		m.waiting = slices.Delete(m.waiting, i, i+1)
		m.ended(t, c, context.Canceled)
	}
}

// ended checks that a caller got its outcome exactly once.
func (m *machine) ended(t *rapid.T, c *caller, want error) {
	t.Helper()
	if n, err := c.returned(); n != 1 || !errors.Is(err, want) {
		t.Fatalf("ticket %d returned %d times, %v, want %v", c.ticket, n, err, want)
	}
	m.done = append(m.done, c)
}

func (m *machine) take(t *rapid.T) {
	if m.leader == nil || m.leader.r.exclusive != nil {
		t.Skip("nobody takes")
	}
	rows := rapid.IntRange(0, 5).Draw(t, "rows")
	var got *request
	m.order(func() bool { got = m.q.take(rows); return true })
	var want *caller
	if len(m.waiting) > 0 {
		if c := m.waiting[0]; c.r.exclusive == nil && c.r.batch.encoded.rows <= rows {
			want, m.waiting = c, m.waiting[1:]
			m.taken = append(m.taken, c)
		}
	}
	if (want == nil) != (got == nil) || want != nil && want.r != got {
		t.Fatalf("take(%d) is %+v, want %+v", rows, got, want)
	}
}

func (m *machine) putBack(t *rapid.T) {
	if len(m.taken) == 0 {
		t.Skip("nothing was taken")
	}
	from := rapid.IntRange(0, len(m.taken)-1).Draw(t, "from")
	var rs []*request
	back := m.taken[from:]
	m.taken = m.taken[:from:from]
	for _, c := range back {
		rs = append(rs, c.r)
	}
	m.order(func() bool { m.q.putBack(rs); return true })
	for _, c := range back {
		m.wait(c) // one whose context has ended leaves at its next turn
	}
}

// end finishes those that were taken, and ends the leader in one of three ways,
// perhaps just when the context of the next one ends.
func (m *machine) end(t *rapid.T) {
	if m.leader == nil {
		t.Skip("nobody leads")
	}
	how := rapid.SampledFrom([]string{"return", "return", "panic", "Goexit"}).Draw(t, "how")
	var next *caller
	if len(m.waiting) > 0 && rapid.IntRange(0, 3).Draw(t, "the next one ends too") == 0 {
		next = m.waiting[0]
	}
	var rs []*request
	for _, c := range m.taken {
		rs = append(rs, c.r)
	}
	leader := m.leader
	m.order(func() bool {
		m.q.finish(rs)
		if next != nil {
			next.end()
		}
		switch how {
		case "panic":
			panic("the leader panics")
		case "Goexit":
			runtime.Goexit()
		}
		return false
	})
	if n, err := leader.returned(); n != 1 || (err == nil) != (how == "return") {
		t.Fatalf("the leader returned %d times, %v, after %s", n, err, how)
	}
	for _, c := range m.taken {
		m.ended(t, c, nil)
	}
	m.taken, m.leader = nil, nil
	m.handOn(t)
}

// handOn makes the first of those that wait the leader. One whose context has
// ended returns instead, and the lead goes on; or it leads, if the lead came
// first.
func (m *machine) handOn(t *rapid.T) {
	for len(m.waiting) > 0 {
		c := m.waiting[0]
		m.waiting = m.waiting[1:]
		if n, _ := c.returned(); n == 0 {
			m.leader = c
			return
		}
		m.ended(t, c, context.Canceled)
	}
}

func (m *machine) close(t *rapid.T) {
	if rapid.IntRange(0, 5).Draw(t, "really") > 0 {
		t.Skip("not yet")
	}
	m.q.close()
	m.closed = true
}

// check holds the queue against the list.
func (m *machine) check(t *rapid.T) {
	m.mu.Lock()
	leads := slices.Clone(m.leads)
	m.mu.Unlock()
	if len(leads) > 1 || (len(leads) == 1) != (m.leader != nil) || len(leads) == 1 && leads[0] != m.leader {
		t.Fatalf("%d lead, want %v", len(leads), m.leader)
	}
	m.q.mu.Lock()
	defer m.q.mu.Unlock()
	var got []*request
	for r := m.q.head; r != nil; r = r.next {
		got = append(got, r)
	}
	want := make([]*request, len(m.waiting))
	for i, c := range m.waiting {
		want[i] = c.r
		if n, err := c.returned(); n != 0 {
			t.Fatalf("ticket %d waits, and has returned %v", c.ticket, err)
		}
	}
	if !slices.Equal(got, want) || m.q.length != len(want) || m.q.leading != (m.leader != nil) {
		t.Fatalf("%d wait, want %d; length %d, leading %v", len(got), len(want), m.q.length, m.q.leading)
	}
	for _, c := range m.taken {
		if n, err := c.returned(); n != 0 {
			t.Fatalf("ticket %d is being written, and has returned %v", c.ticket, err)
		}
	}
}
