package cells

import (
	"context"
	"errors"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// stream is a source of rows that can be run again.
type Stream struct {
	Schema *schema.Schema
	Run    func(ctx context.Context, f *Feeder) error
}

// TableStream is the rows of a query, in its order. Its error for a value that
// its column cannot hold is a *store.StoredError.
func TableStream(b store.Backend, q store.Select) Stream {
	return Stream{q.Schema, func(ctx context.Context, f *Feeder) error {
		row := int64(0)
		return b.Query(ctx, q, func(r schema.Reader) (bool, error) {
			row++
			if err := f.Chunk.Add(r); err != nil {
				return false, &store.StoredError{Table: q.Schema.Name(), Row: row, Err: err}
			}
			return true, f.Advance()
		})
	}}
}

// feeder takes the rows of a stream and hands them on, a chunk at a time.
type Feeder struct {
	Chunk *Chunk // with room for a row
	p     *Puller
}

// advance is called after a row was added to chunk.
func (f *Feeder) Advance() error {
	if f.Chunk.Full() {
		return f.Hand()
	}
	return nil
}

// hand gives the chunk away and takes an empty one.
func (f *Feeder) Hand() error {
	select {
	case f.p.filled <- f.Chunk:
	case <-f.p.ctx.Done():
		return context.Cause(f.p.ctx)
	}
	select {
	case f.Chunk = <-f.p.free:
		f.Chunk.Reset()
		return nil
	case <-f.p.ctx.Done():
		return context.Cause(f.p.ctx)
	}
}

// puller runs a stream in a goroutine of its own and gives its rows to
// another one, with a few chunks between them.
type Puller struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	filled chan *Chunk
	free   chan *Chunk
	err    error // set before filled is closed

	Cur *Chunk
	Row int
}

var errStopped = errors.New("stopped")

// pull starts a stream. The caller calls stop.
func Pull(ctx context.Context, s Stream) *Puller {
	const chunks = 4
	p := &Puller{filled: make(chan *Chunk, chunks), free: make(chan *Chunk, chunks)}
	p.ctx, p.cancel = context.WithCancelCause(ctx)
	for range chunks - 1 {
		p.free <- New(s.Schema)
	}
	go func() {
		defer close(p.filled)
		f := &Feeder{Chunk: New(s.Schema), p: p}
		p.err = s.Run(p.ctx, f)
		if p.err == nil && f.Chunk.Rows > 0 {
			p.err = f.Hand()
		}
	}()
	return p
}

// next returns the next chunk, nil at the end. The one before is taken back.
func (p *Puller) Next() (*Chunk, error) {
	if p.Cur != nil {
		p.free <- p.Cur // which has room for all chunks
		p.Cur = nil
	}
	c, ok := <-p.filled
	if !ok {
		if p.err != nil {
			return nil, p.err
		}
		return nil, context.Cause(p.ctx)
	}
	p.Cur, p.Row = c, 0
	return c, nil
}

// step goes to the next row, of chunk cur and index row. It reports false at
// the end.
func (p *Puller) Step() (bool, error) {
	if p.Cur != nil {
		if p.Row++; p.Row < p.Cur.Rows {
			return true, nil
		}
	}
	c, err := p.Next()
	return c != nil, err
}

// stop ends the stream and waits for its goroutine.
func (p *Puller) Stop() {
	p.cancel(errStopped)
	for range p.filled {
	}
}

// each calls do for each chunk of a stream, which fills the next meanwhile.
func (s Stream) Each(ctx context.Context, do func(*Chunk) error) error {
	p := Pull(ctx, s)
	defer p.Stop()
	for {
		c, err := p.Next()
		if err != nil || c == nil {
			return err
		}
		if err := do(c); err != nil {
			return err
		}
	}
}
