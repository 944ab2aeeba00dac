package sqlite

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func batchOf(rows int) *insertion { return &insertion{encoded: &encoded{rows: rows}} }

// TestQueueServesInOrder holds the lead while others queue, and looks at the
// order in which they are served.
func TestQueueServesInOrder(t *testing.T) {
	var q queue
	hold, held := make(chan struct{}), make(chan struct{})
	go q.run(t.Context(), &request{batch: batchOf(1)}, func(*request) { close(held); <-hold })
	<-held

	var mu sync.Mutex
	var got []int
	var wg sync.WaitGroup
	for i := range 20 {
		queued := q.waitingFor(i + 1)
		wg.Add(1)
		go func() {
			defer wg.Done()
			q.run(t.Context(), &request{batch: batchOf(1)}, func(*request) {
				mu.Lock()
				got = append(got, i)
				mu.Unlock()
			})
		}()
		<-queued
	}
	close(hold)
	wg.Wait()
	want := make([]int, 20)
	for i := range want {
		want[i] = i
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order of service (-want +got):\n%s", diff)
	}
}

// waitingFor returns a channel that is closed when n requests wait.
func (q *queue) waitingFor(n int) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			q.mu.Lock()
			l := q.length
			q.mu.Unlock()
			if l >= n {
				return
			}
		}
	}()
	return done
}

// TestQueueOldTicketGoesFirst: a batch that is tried again keeps its place.
func TestQueueOldTicketGoesFirst(t *testing.T) {
	var q queue
	var rs []*request
	for _, ticket := range []uint64{5, 9, 2, 7} {
		r := &request{ticket: ticket, batch: batchOf(1)}
		rs = append(rs, r)
		q.insert(r)
	}
	var got []uint64
	for r := q.take(10); r != nil; r = q.take(10) {
		got = append(got, r.ticket)
	}
	if diff := cmp.Diff([]uint64{2, 5, 7, 9}, got); diff != "" {
		t.Errorf("order of tickets (-want +got):\n%s", diff)
	}
	q.putBack(rs)
	if r := q.take(10); r.ticket != 2 {
		t.Errorf("first after putBack has ticket %d, want 2", r.ticket)
	}
}

// TestQueueContext: a context that ends takes a waiting request out, and the
// rest are served.
func TestQueueContext(t *testing.T) {
	var q queue
	hold, held := make(chan struct{}), make(chan struct{})
	go q.run(t.Context(), &request{batch: batchOf(1)}, func(*request) { close(held); <-hold })
	<-held

	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error, 2)
	queued := q.waitingFor(1)
	go func() {
		errs <- q.run(ctx, &request{batch: batchOf(1)}, func(*request) { t.Error("a cancelled request was run") })
	}()
	<-queued
	cancel()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
	queued = q.waitingFor(1)
	go func() { errs <- q.run(t.Context(), &request{batch: batchOf(1)}, func(*request) {}) }()
	<-queued
	close(hold)
	if err := <-errs; err != nil {
		t.Errorf("request behind a cancelled one: %v", err)
	}
}

// TestQueueModel runs random programs of requests, some of which are
// canceled, and checks that each is run exactly once or reported canceled,
// never both and never neither.
func TestQueueModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		n := rapid.IntRange(1, 40).Draw(t, "requests")
		bound := rapid.IntRange(1, 10).Draw(t, "rows bound")
		cancelled := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "cancelled")
		exclusive := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "exclusive")
		ran := make([]int, n)
		running := 0
		index := map[*request]int{}
		var mu sync.Mutex
		run := func(r *request) {
			mu.Lock()
			defer mu.Unlock()
			ran[index[r]]++
		}
		lead := func(r *request) {
			mu.Lock()
			running++
			if running != 1 {
				t.Errorf("%d leaders at once", running)
			}
			mu.Unlock()
			run(r)
			var members []*request
			for rows := 1; r.exclusive == nil && rows < bound; {
				next := q.take(bound - rows)
				if next == nil {
					break
				}
				if next.exclusive != nil {
					t.Error("an exclusive request was taken into a group")
				}
				rows += next.batch.encoded.rows
				if len(members) == 3 { // as a group that has run out of time
					q.putBack([]*request{next})
					break
				}
				run(next)
				members = append(members, next)
			}
			mu.Lock()
			running--
			mu.Unlock()
			q.finish(members)
		}
		errs := make([]error, n)
		var wg sync.WaitGroup
		for i := range n {
			r := &request{batch: batchOf(1 + i%3)}
			if exclusive[i] {
				r = &request{exclusive: func(*writer) error { return nil }}
			}
			mu.Lock()
			index[r] = i
			mu.Unlock()
			ctx, cancel := context.WithCancel(context.Background())
			wg.Add(1)
			go func() {
				defer wg.Done()
				defer cancel()
				errs[i] = q.run(ctx, r, lead)
			}()
			if cancelled[i] {
				cancel()
			}
		}
		wg.Wait()
		for i := range n {
			switch {
			case errs[i] == nil && ran[i] != 1:
				t.Errorf("request %d returned nil and was run %d times", i, ran[i])
			case errs[i] != nil && ran[i] != 0:
				t.Errorf("request %d returned %v and was run %d times", i, errs[i], ran[i])
			case errs[i] != nil && !cancelled[i]:
				t.Errorf("request %d returned %v without being cancelled", i, errs[i])
			}
		}
		if q.leading || q.head != nil || q.tail != nil || q.length != 0 {
			t.Errorf("the queue is not empty at the end: %+v", &q)
		}
	})
}
