package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
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

// identity keeps the page of galley_meta, and with it the database's own id, in
// the WAL. The id reveals a WAL that lies beside another database: see
// (*file).identify.
type identity struct {
	salt    [8]byte // of the WAL that has the page, as far as this process has seen
	known   bool    // such a WAL exists
	written bool    // by this transaction, into the WAL of salt
	mark    *sqlite3.Stmt
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

// identify writes the page with the database's id into the WAL, unless it is
// there, or the WAL may restart with this transaction and lose it. A WAL whose
// pages are all in the database file restarts with the next transaction. Which
// salt the restarted WAL gets is not known here, so the transaction after it
// writes the page again.
func (w *writer) identify() error {
	id := &w.identity
	x, ok := w.file.guard.wal.index()
	restarts := !ok || x.frames == 0 || x.moved >= x.frames
	id.written = false
	if !restarts && id.known && x.salt == id.salt {
		return nil
	}
	id.written, id.known, id.salt = !restarts, false, x.salt
	if id.mark == nil {
		s, _, err := w.conn.PrepareFlags(markWAL, sqlite3.PREPARE_PERSISTENT)
		if err != nil {
			return err
		}
		id.mark = s
	}
	return id.mark.Exec()
}

// markWAL changes the page of galley_meta: an UPDATE to the same value writes
// nothing. A database from before the mark gets it.
const markWAL = `INSERT INTO main.galley_meta VALUES ('wal', '0000000001')` +
	` ON CONFLICT (name) DO UPDATE SET value = printf('%010d', (value + 1) % 10000000000)`

// identified records, after a commit, that the WAL has the page.
func (w *writer) identified() {
	id := &w.identity
	if id.written {
		id.known = true
	}
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

// start begins a transaction with the write lock held.
//
// A transaction that reads first and writes later finds that its snapshot is
// old, and no waiting cures that (https://sqlite.org/rescode.html#busy_snapshot),
// so its first statement is one that writes: that is BEGIN IMMEDIATE, for the
// database alone. BEGIN IMMEDIATE itself would also begin to read all attached
// images, before they are known.
func (w *writer) start() error {
	w.conn.mount.begin()
	return w.conn.blame(w.lockFile())
}

// lockFile does start's work.
func (w *writer) lockFile() error {
	if err := w.prepare(); err != nil {
		return err
	}
	w.images.reset()
	if err := w.acquire(); err != nil {
		return err
	}
	if w.lock.Status(sqlite3.STMTSTATUS_REPREPARE, true) > 0 { // another connection has changed a table
		w.verified = nil
		w.images.recompile()
		for key, in := range w.inserters {
			in.close()
			delete(w.inserters, key)
		}
	}
	if w.file.memory {
		return nil
	}
	err := w.file.guard.check()
	if err == nil {
		err = w.identify()
	}
	if err != nil {
		w.undo()
	}
	return err
}

// acquire begins a transaction and takes the write lock, for which it waits up
// to Options.BusyWait. The engine's own wait sleeps for a millisecond at a time
// on the average, which is several transactions of others: the lock would stand
// idle between processes for as long as it is held.
func (w *writer) acquire() error {
	const pause = 300 * time.Microsecond
	var began time.Time
	for {
		if err := w.begin.Exec(); err != nil {
			return err
		}
		err := w.lock.Exec()
		if err == nil {
			return nil
		}
		w.undo()
		if began.IsZero() {
			began = time.Now()
		}
		if !busy(err) || time.Since(began) >= w.file.opts.BusyWait {
			return err
		}
		<-time.After(pause/2 + rand.N(pause))
	}
}

// undo ends the transaction without a trace, if there is still one: SQLite
// ends it by itself after some errors
// (https://sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction).
func (w *writer) undo() {
	if w.conn.GetAutocommit() {
		return
	}
	if err := w.rollback.Exec(); err != nil && !w.conn.GetAutocommit() {
		panic(err) // the connection is of no more use: lead replaces it
	}
}

// finish commits. An error that wraps ErrCommitUnknown leaves open whether
// the transaction is stored; after any other error it is not.
func (w *writer) finish() error {
	if w.conn.GetAutocommit() {
		return fmt.Errorf("%w: it ended the transaction early", ErrEngine)
	}
	err := w.commit.Exec()
	if err != nil {
		err = w.conn.blame(err)
		unstored := !w.file.memory && w.conn.mount.unstored()
		w.undo()
		if w.conn.mount.cut.Load() { // before the frame that makes a transaction count
			return damagedWAL(w.file.path+"-wal", errCut)
		}
		// A full disk, or one that is read-only by now, shows when pages are
		// written, before the frame that makes them count is complete. Whatever
		// else fails once that frame has begun may have come after it, as the
		// fsync does: the frame may be found at the next recovery.
		if unstored || errors.Is(err, sqlite3.FULL) || busy(err) || errors.Is(err, sqlite3.CONSTRAINT) {
			return err
		}
		return fmt.Errorf("%w: %w; append it again with the same key, and it is stored once", store.ErrCommitUnknown, err)
	}
	if w.file.memory {
		return nil
	}
	w.identified()
	err = w.file.guard.check()
	if err != nil && !errors.Is(err, ErrFileReplaced) && !errors.Is(err, ErrHardLink) { // the system did not say
		return fmt.Errorf("%w: %w", store.ErrCommitUnknown, err)
	}
	return err
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
	if err := w.file.guard.whole(); err != nil {
		w.conn.refuse() // without a checkpoint of pages that are gone
		w.conn = nil
		return err
	}
	err := w.conn.Close()
	w.conn.discard()
	w.conn = nil
	return err
}
