package sqlite

import (
	"errors"
	"fmt"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/store"
)

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
	x, err := w.file.guard.look()
	if err == nil {
		err = w.identify(x)
	}
	if err != nil {
		w.undo()
	}
	return err
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

// transaction runs work in a transaction of its own. It commits if work returns
// nil, and leaves no trace otherwise.
func (w *writer) transaction(work func() error) error {
	if err := w.start(); err != nil {
		return err
	}
	if err := work(); err != nil {
		w.undo()
		return err
	}
	return w.finish()
}

// fatal reports whether the whole transaction is lost, and not only one statement.
func fatal(err error) bool {
	for _, code := range []sqlite3.ErrorCode{
		sqlite3.IOERR, sqlite3.FULL, sqlite3.CORRUPT, sqlite3.NOTADB, sqlite3.NOMEM, sqlite3.BUSY,
		sqlite3.LOCKED, sqlite3.READONLY, sqlite3.CANTOPEN, sqlite3.INTERRUPT, sqlite3.PROTOCOL,
	} {
		if errors.Is(err, code) {
			return true
		}
	}
	return errors.Is(err, ErrEngine)
}
