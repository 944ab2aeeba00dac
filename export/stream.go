package export

import (
	"context"
	"errors"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// stream is a source of rows that can be run again.
type stream struct {
	schema *schema.Schema
	run    func(ctx context.Context, f *feeder) error
}

// tableStream is the rows of a query, in its order.
func tableStream(b store.Backend, q store.Select) stream {
	return stream{q.Schema, func(ctx context.Context, f *feeder) error {
		return b.Query(ctx, q, func(r schema.Reader) (bool, error) {
			if err := f.chunk.add(r); err != nil {
				return false, err
			}
			return true, f.advance()
		})
	}}
}

// fileStream is the rows of a file with these columns.
func fileStream(columns *schema.Schema, open func() (decoder, error)) stream {
	return stream{columns, func(ctx context.Context, f *feeder) (err error) {
		d, err := open()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.close()) }()
		for {
			if err := d.next(f.chunk); err != nil {
				return err
			}
			if f.chunk.rows == 0 {
				return nil
			}
			if err := f.hand(); err != nil {
				return err
			}
		}
	}}
}

// feeder takes the rows of a stream and hands them on, a chunk at a time.
type feeder struct {
	chunk *chunk // with room for a row
	p     *puller
}

// advance is called after a row was added to chunk.
func (f *feeder) advance() error {
	if f.chunk.full() {
		return f.hand()
	}
	return nil
}

// hand gives the chunk away and takes an empty one.
func (f *feeder) hand() error {
	select {
	case f.p.filled <- f.chunk:
	case <-f.p.ctx.Done():
		return context.Cause(f.p.ctx)
	}
	select {
	case f.chunk = <-f.p.free:
		f.chunk.reset()
		return nil
	case <-f.p.ctx.Done():
		return context.Cause(f.p.ctx)
	}
}

// puller runs a stream in a goroutine of its own and gives its rows to
// another one, with a few chunks between them.
type puller struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	filled chan *chunk
	free   chan *chunk
	err    error // set before filled is closed

	cur *chunk
	row int
}

var errStopped = errors.New("stopped")

// pull starts a stream. The caller calls stop.
func pull(ctx context.Context, s stream) *puller {
	const chunks = 4
	p := &puller{filled: make(chan *chunk, chunks), free: make(chan *chunk, chunks)}
	p.ctx, p.cancel = context.WithCancelCause(ctx)
	for range chunks - 1 {
		p.free <- newChunk(s.schema)
	}
	go func() {
		defer close(p.filled)
		f := &feeder{chunk: newChunk(s.schema), p: p}
		p.err = s.run(p.ctx, f)
		if p.err == nil && f.chunk.rows > 0 {
			p.err = f.hand()
		}
	}()
	return p
}

// next returns the next chunk, nil at the end. The one before is taken back.
func (p *puller) next() (*chunk, error) {
	if p.cur != nil {
		p.free <- p.cur // which has room for all chunks
		p.cur = nil
	}
	c, ok := <-p.filled
	if !ok {
		if p.err != nil {
			return nil, p.err
		}
		return nil, context.Cause(p.ctx)
	}
	p.cur, p.row = c, 0
	return c, nil
}

// step goes to the next row, of chunk cur and index row. It reports false at
// the end.
func (p *puller) step() (bool, error) {
	if p.cur != nil {
		if p.row++; p.row < p.cur.rows {
			return true, nil
		}
	}
	c, err := p.next()
	return c != nil, err
}

// stop ends the stream and waits for its goroutine.
func (p *puller) stop() {
	p.cancel(errStopped)
	for range p.filled {
	}
}

// each calls do for each chunk of a stream, which fills the next meanwhile.
func (s stream) each(ctx context.Context, do func(*chunk) error) error {
	p := pull(ctx, s)
	defer p.stop()
	for {
		c, err := p.next()
		if err != nil || c == nil {
			return err
		}
		if err := do(c); err != nil {
			return err
		}
	}
}
