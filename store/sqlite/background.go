package sqlite

import (
	"context"
	"fmt"
	"sync"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"
)

// background checkpoints beside the writer, on a connection of its own, so
// that pages move into the file while others are encoded and committed. It
// takes no lock that a writer or a reader waits for
// (https://sqlite.org/wal.html#ckpt).
type background struct {
	file   *file
	mu     sync.Mutex
	conn   *conn         // nil until it is needed
	busy   chan struct{} // closed when the checkpoint under way ends, nil without one
	closed bool
}

// start begins a checkpoint, and reports false while one is under way.
func (b *background) start() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy != nil || b.closed {
		return false
	}
	b.busy = make(chan struct{})
	go b.run(b.busy)
	return true
}

// run checkpoints once.
func (b *background) run(busy chan struct{}) {
	began := time.Now()
	err := b.checkpoint()
	b.file.checkpointed(began, err)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy = nil
	close(busy)
}

// checkpoint has conn to itself. An engine that fails is replaced at the next
// time.
func (b *background) checkpoint() (err error) {
	defer func() {
		if p := recover(); p != nil {
			b.conn.discard()
			b.conn = nil
			err = fmt.Errorf("%w: %v", ErrEngine, p)
		}
	}()
	if b.conn == nil {
		if b.conn, err = openConn(context.Background(), b.file.path, b.file.opts, writing); err != nil {
			b.conn = nil
			return err
		}
	}
	if err := b.file.guard.check(); err != nil {
		return err
	}
	b.conn.mount.begin()
	if _, _, err = b.conn.WALCheckpoint("main", sqlite3.CHECKPOINT_PASSIVE); err != nil {
		return b.conn.blame(err)
	}
	return b.conn.mount.sync()
}

// running reports whether a checkpoint is under way.
func (b *background) running() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.busy != nil
}

// wait returns when no checkpoint is under way.
func (b *background) wait() {
	b.mu.Lock()
	busy := b.busy
	b.mu.Unlock()
	if busy != nil {
		<-busy
	}
}

// retire closes the connection, which the next start opens again; after
// close there is none.
func (b *background) retire() {
	b.wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conn != nil {
		b.conn.discard()
		b.conn = nil
	}
}

func (b *background) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.retire()
}
