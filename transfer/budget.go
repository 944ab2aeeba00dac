package transfer

import (
	"context"
	"sync"
)

// budget bounds the bytes that are under way at once.
type budget struct {
	mu      sync.Mutex
	bytes   int64 // free
	most    int64
	changed chan struct{} // closed when something was given back
}

func newBudget(bytes int64) *budget {
	return &budget{bytes: bytes, most: bytes, changed: make(chan struct{})}
}

// take waits until there is room. What is larger than the whole budget gets
// all of it.
func (b *budget) take(ctx context.Context, size int64) error {
	size = min(size, b.most)
	for {
		b.mu.Lock()
		if b.bytes >= size {
			b.bytes -= size
			b.mu.Unlock()
			return nil
		}
		changed := b.changed
		b.mu.Unlock()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		}
	}
}

// give returns what take took.
func (b *budget) give(size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes += min(size, b.most)
	close(b.changed)
	b.changed = make(chan struct{})
}
