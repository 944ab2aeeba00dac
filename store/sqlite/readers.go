package sqlite

import (
	"context"
	"fmt"
	"sync"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// readers are the read connections of a file.
type readers struct {
	file   *file
	mu     sync.Mutex
	closed bool
	guard  guard // a copy of the file's
	idle   []*reader
	active map[*reader]struct{}
}

// reader is one read connection, in use by one query.
type reader struct {
	path   string // of the file, for errors
	conn   *conn
	stmts  map[string]*readStmt
	ctx    context.Context
	cancel context.CancelCauseFunc
	broken bool // its engine has panicked

	outside bool // a function of the caller runs
}

// readStmt is a prepared SELECT, and the columns that were held against the
// table since it was compiled.
type readStmt struct {
	*sqlite3.Stmt
	verified *schema.Schema
}

// maxReadStmts bounds the prepared SELECTs that a connection keeps.
const maxReadStmts = 32

func (rs *readers) init(f *file) {
	rs.file = f
	rs.active = map[*reader]struct{}{}
}

// acquire returns an idle connection, or opens one. It ends with ctx, and
// when the file is closed.
func (rs *readers) acquire(ctx context.Context) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rs.mu.Lock()
	if rs.closed {
		rs.mu.Unlock()
		return nil, store.ErrClosed
	}
	var rd *reader
	if n := len(rs.idle); n > 0 {
		rd = rs.idle[n-1]
		rs.idle = rs.idle[:n-1]
	}
	rs.mu.Unlock()
	if rd == nil {
		err := patiently(ctx, func() error {
			if err := alone(rs.file.path); err != nil && !rs.file.memory {
				return err
			}
			c, err := openConn(ctx, rs.file.path, rs.file.opts, reading)
			if err == nil {
				rd = &reader{path: rs.file.path, conn: c, stmts: map[string]*readStmt{}}
			}
			return err
		})
		if err != nil {
			if moved := rs.unmoved(ctx); moved != nil {
				err = moved
			}
			return nil, err
		}
	}
	rd.conn.mount.begin()
	rd.ctx, rd.cancel = context.WithCancelCause(ctx)
	rd.conn.SetInterrupt(rd.ctx)
	if err := rs.unmoved(ctx); err != nil {
		rd.cancel(nil)
		rd.close()
		return nil, err
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.closed {
		rd.close()
		return nil, store.ErrClosed
	}
	rs.active[rd] = struct{}{}
	return rd, nil
}

// any reports whether a connection is open.
func (rs *readers) any() bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return len(rs.idle)+len(rs.active) > 0
}

// watch makes g what unmoved looks at.
func (rs *readers) watch(g guard) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.guard = g
}

// unmoved returns an error where a connection that has just been opened, or
// was idle, is not, or no longer, one to the file that the writer has. SQLite
// would go on to read what was removed, or what has come in its place.
func (rs *readers) unmoved(ctx context.Context) error {
	if rs.file.memory {
		return nil
	}
	rs.mu.Lock()
	g := rs.guard
	rs.mu.Unlock()
	if g.check() == nil {
		return nil
	}
	// While the writer's connection is being replaced, the files differ for a
	// moment. The leader of the queue has the state.
	return rs.file.intact(ctx)
}

// unchanged returns an error where a file that is read as it lies was written
// to meanwhile: what was read may be from before and after.
func (rs *readers) unchanged() error {
	rs.mu.Lock()
	g := rs.guard
	rs.mu.Unlock()
	if g.still == nil {
		return nil
	}
	return g.check()
}

// release ends the use of a connection, also when the caller's function has
// panicked.
func (rs *readers) release(rd *reader) {
	rd.cancel(nil)
	rd.conn.SetInterrupt(context.Background())
	rs.mu.Lock()
	defer rs.mu.Unlock()
	delete(rs.active, rd)
	if rs.closed || rd.broken || len(rs.idle) >= rs.file.opts.Readers {
		rd.close()
		return
	}
	rs.idle = append(rs.idle, rd)
}

// close closes the idle connections and interrupts the queries under way,
// whose goroutines then close theirs.
func (rs *readers) close() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.closed = true
	for _, rd := range rs.idle {
		rd.close()
	}
	rs.idle = nil
	for rd := range rs.active {
		rd.cancel(store.ErrClosed)
	}
}

func (rd *reader) close() {
	for _, s := range rd.stmts {
		_ = s.Close()
	}
	rd.conn.discard()
}

// retire closes the idle connections, and refuses where one is in use.
func (rs *readers) retire() error {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if n := len(rs.active); n > 0 {
		return fmt.Errorf("%w: %d queries of this process are running; let them end first", ErrInUse, n)
	}
	for _, rd := range rs.idle {
		rd.close()
	}
	rs.idle = nil
	return nil
}
