package sqlite

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"
)

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

// patiently repeats op while another process holds the file's lock, which it
// does for moments when it creates, recovers, closes or clears it.
func patiently(ctx context.Context, op func() error) error {
	const longest = time.Minute
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	for {
		err := op()
		passing := busy(err) || errors.Is(err, ErrFileReplaced)
		if err == nil || ctx.Err() != nil || !passing || time.Since(start) > longest {
			if err != nil && ctx.Err() != nil {
				return errors.Join(ctx.Err(), err)
			}
			return err
		}
		timer.Reset(time.Millisecond + rand.N(9*time.Millisecond))
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-timer.C:
		}
	}
}

// ended returns the error of a context that has ended instead of err, by which the
// engine says only that it was interrupted.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// busy reports whether another connection holds a lock. It depends on SQLite's
// result code only (https://sqlite.org/rescode.html#busy).
func busy(err error) bool {
	return errors.Is(err, sqlite3.BUSY) || errors.Is(err, sqlite3.LOCKED)
}

// The WAL restarts only at a moment in which no reader reads from it. Where
// readers overlap all the time there is none, until the writer waits for it:
// then all of the WAL is in the database, and who comes reads from there. At
// crowded times its bound the WAL is given crowdWait for this, and again each
// time that it has doubled, so that one long reader costs little.
const (
	crowded   = 4
	crowdWait = 250 * time.Millisecond
)

// restart lets no writer in until no reader needs the WAL, for a time.
func (w *writer) restart() {
	began := time.Now()
	_ = w.conn.BusyTimeout(crowdWait)
	if _, err := w.move(sqlite3.CHECKPOINT_RESTART); !busy(err) { // a reader in the way is not a failure
		w.file.checkpointed(began, err)
	}
	_ = w.conn.BusyTimeout(0)
}
