package transfer

import (
	"context"
	"sync"

	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
)

// sender stores batches while the next is read: one at a time in their order, or
// several at once in any, since each has a key of its own.
type sender struct {
	copying  *copying
	ctx      context.Context
	free     chan *formats.Part // with nothing in them
	underway chan struct{}
	working  sync.WaitGroup

	mu  sync.Mutex
	new int64 // rows stored
	err error // the first
}

// sender has room for as many batches at once, and one that fills.
func (c *copying) sender(ctx context.Context, atOnce int) *sender {
	s := &sender{copying: c, ctx: ctx, free: make(chan *formats.Part, atOnce+1), underway: make(chan struct{}, atOnce)}
	for range atOnce + 1 {
		s.free <- &formats.Part{}
	}
	return s
}

// part is a part to be filled. It waits for one.
func (s *sender) part() *formats.Part { return <-s.free }

// give takes a part back that is not to be stored.
func (s *sender) give(p *formats.Part) {
	p.Reset()
	s.free <- p
}

// send stores a part under a key. It waits for its turn, and returns the error of
// one before it.
func (s *sender) send(table *schema.Schema, key string, p *formats.Part) error {
	s.underway <- struct{}{}
	if err := s.failed(); err != nil {
		<-s.underway
		s.give(p)
		return err
	}
	s.working.Go(func() {
		defer s.give(p)
		defer func() { <-s.underway }()
		inserted, err := s.copying.insert(s.ctx, table, key, p)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.new += inserted
		if s.err == nil {
			s.err = err
		}
	})
	return nil
}

func (s *sender) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// finish waits for all, counts the rows that were stored, and returns err or,
// without one, the error of a batch.
func (s *sender) finish(t *CopiedTable, err error) error {
	s.working.Wait()
	t.New += s.new
	if err == nil {
		err = s.err
	}
	return err
}
