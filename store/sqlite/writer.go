package sqlite

import (
	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
)

// writer is the one connection through which this process writes a file. It
// belongs to the leader of the queue.
type writer struct {
	file       *file
	conn       *conn
	begin      *sqlite3.Stmt
	commit     *sqlite3.Stmt
	rollback   *sqlite3.Stmt
	ledger     *sqlite3.Stmt
	lock       *sqlite3.Stmt
	inserters  map[inserterKey]*inserter
	images     images
	verified   map[*plan]*facts // plans that fit their table as it is now
	lastGroup  int              // batches in it
	walPages   int              // in the WAL after the last commit
	pageSize   int64
	walBegun   int64 // bytes in the WAL when the last checkpoint began, until it restarts
	walCrowded int64 // bytes in the WAL at which readers are waited for
	walKept    int64 // bytes in the WAL after the last checkpoint, until it restarts
	identity   identity
}

type inserterKey struct {
	plan *plan
	mode schema.Mode
}

// maxInserters bounds the prepared statements kept: those of 64 tables, of which
// an upsert takes two.
const maxInserters = 128 + 2

func newWriter(f *file, c *conn) *writer {
	w := &writer{file: f, inserters: map[inserterKey]*inserter{}}
	w.use(c)
	return w
}

// use makes c the writer's connection.
func (w *writer) use(c *conn) {
	w.conn = c
	w.verified = nil
	w.images = images{conn: c, plans: &w.file.plans, slots: map[*plan]*slot{}}
	w.file.plans.crowded.Store(false)
	w.identity = identity{}
	_ = c.BusyTimeout(0) // acquire waits; it has no way to fail
	c.WALHook(func(_ *sqlite3.Conn, _ string, pages int) error {
		w.walPages = pages
		return nil
	})
}

// prepare makes the statements of a transaction, once a connection.
func (w *writer) prepare() error {
	if w.rollback != nil {
		return nil
	}
	for _, p := range []struct {
		sql string
		to  **sqlite3.Stmt
	}{
		{"BEGIN", &w.begin},
		{"DELETE FROM main.galley_meta WHERE name = ''", &w.lock}, // deletes nothing
		{"COMMIT", &w.commit},
		{"ROLLBACK", &w.rollback},
	} {
		s, _, err := w.conn.PrepareFlags(p.sql, sqlite3.PREPARE_PERSISTENT)
		if err != nil {
			return err
		}
		*p.to = s
	}
	size, err := w.conn.int64("PRAGMA page_size")
	w.pageSize = size
	return err
}

// inserter returns the prepared INSERTs of a plan.
func (w *writer) inserter(p *plan, mode schema.Mode) *inserter {
	key := inserterKey{p, mode}
	in := w.inserters[key]
	if in == nil {
		if len(w.inserters) >= maxInserters {
			for other, old := range w.inserters {
				if other.plan == p {
					continue // an upsert uses two at once
				}
				old.close()
				delete(w.inserters, other)
				break // whichever comes first: tables in turn would find none of the oldest
			}
		}
		in = newInserter(w.conn, p, mode)
		in.triggers = w.verified[p] == nil || w.verified[p].triggers
		w.inserters[key] = in
	}
	return in
}

// replace discards a connection whose engine has failed, and opens another.
// Until that works, every request fails.
func (w *writer) replace() {
	if w.conn == nil {
		return
	}
	w.conn.discard()
	w.images.close()
	w.begin, w.lock, w.commit, w.rollback, w.ledger, w.identity.mark = nil, nil, nil, nil, nil, nil
	clear(w.inserters)
	w.conn = nil
}

// close closes the connection, checkpointing the WAL if it is the last one.
func (w *writer) close() error {
	if w.conn == nil {
		return nil
	}
	for _, in := range w.inserters {
		in.close()
	}
	for _, s := range []*sqlite3.Stmt{w.begin, w.lock, w.commit, w.rollback, w.ledger, w.identity.mark} {
		_ = s.Close()
	}
	w.images.close()
	if _, err := w.file.guard.whole(0); err != nil {
		w.conn.refuse() // without a checkpoint of pages that are gone
		w.conn = nil
		return err
	}
	err := w.conn.Close()
	w.conn.discard()
	w.conn = nil
	return err
}
