package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/store"
)

// enqueue waits until a batch has been written, or has failed.
func (f *file) enqueue(ctx context.Context, b *insertion) (*request, error) {
	r := &request{ctx: ctx, batch: b, ticket: b.ticket, since: b.since}
	err := f.queue.run(ctx, r, f.lead)
	b.ticket = r.ticket
	return r, err
}

// lead does r's work and, in the same transaction, that of the batches queued
// behind it. Each of them succeeds or fails independently.
func (f *file) lead(r *request) {
	w := f.writer
	g := &group{writer: w, first: r}
	defer g.recover()
	if f.closed {
		r.err = store.ErrClosed
		return
	}
	if f.opts.closed { // it has no writer's connection
		r.err = r.exclusive(w)
		return
	}
	if w.conn == nil {
		if r.err = f.reopen(); r.err != nil {
			return
		}
	}
	if r.exclusive != nil {
		c := w.conn // which exclusive may close
		c.mount.begin()
		r.err = c.blame(r.exclusive(w))
		return
	}
	g.run()
}

// group is the batches of one transaction.
type group struct {
	writer  *writer
	first   *request
	members []*request // first and those taken from the queue
	apart   bool       // each member has a transaction of its own
	settled int        // of members, those whose outcome is known
	commit  bool       // COMMIT has begun
	began   time.Time  // when the lock was taken
}

// run writes the group. The members' errors are set when it returns.
//
// Batches are validated before they queue, and few fail here: the group is
// tried as one transaction. When a member fails it is rolled back, and each
// member gets a transaction of its own, so that the bad one fails alone.
func (g *group) run() {
	w := g.writer
	g.invite()
	stats := &w.file.stats
	stats.attempt()
	if err := w.start(); err != nil {
		g.first.err = err
		return
	}
	began := time.Now()
	g.began = began
	g.gather()
	if !g.together(began) {
		g.apart = true
		g.each()
	}
	g.settled = len(g.members)
	w.lastGroup = len(g.members)
	stats.held(time.Since(began))
	g.count()
	g.release()
	w.keepWALShort()
}

// count counts the members that were written, or have failed: others went back
// into the queue.
func (g *group) count() {
	stats := &g.writer.file.stats
	hold := time.Since(g.began)
	for _, r := range g.members {
		r.wait, r.hold, r.group = g.began.Sub(r.since), hold, len(g.members)
		stats.waited(r.wait)
	}
	stats.grouped(g.members)
}

// each writes every member that is not settled in a transaction of its own, on
// another connection where the engine has failed. An engine that fails for one of
// them, as for a row that needs too much memory, does not fail the others.
func (g *group) each() {
	for ; g.settled < len(g.members); g.settled++ {
		if r := g.members[g.settled]; r.err == nil {
			g.guarded(r)
		}
	}
}

func (g *group) guarded(r *request) {
	w := g.writer
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		r.err, r.result = engineFailed(p), store.Result{}
		if g.commit {
			r.err = fmt.Errorf("%w: %w", store.ErrCommitUnknown, r.err)
		}
		g.commit = false
		w.replace()
	}()
	if w.conn == nil {
		if r.err = w.file.reopen(); r.err != nil {
			return
		}
	}
	g.alone(r)
}

// invite lets those come back who were in the last group, if several were: they
// have only just been woken. Where they append the next row at once, as in many
// goroutines that save one row at a time, they share this commit, and it is one
// instead of many. Nothing is held meanwhile. It yields twice, because a processor
// that looks for work may find the leader before those it has woken.
func (g *group) invite() {
	w := g.writer
	for range 2 {
		if w.lastGroup < 2 || w.file.queue.len() >= w.lastGroup-1 {
			return
		}
		runtime.Gosched()
	}
}

// gather takes from the queue what may be written along with the leader.
func (g *group) gather() {
	f := g.writer.file
	g.members = append(g.members, g.first)
	rows := g.first.batch.rows()
	for rows < f.opts.GroupRows {
		r := f.queue.take(f.opts.GroupRows - rows)
		if r == nil {
			return
		}
		rows += r.batch.rows()
		g.members = append(g.members, r)
	}
}

// together writes all members and commits, in the transaction that has been
// started. It reports false, with the transaction rolled back, where one of
// several has failed.
func (g *group) together(began time.Time) bool {
	w := g.writer
	for i, r := range g.members {
		if i > 0 && time.Since(began) > w.file.opts.GroupTime {
			w.file.queue.putBack(g.members[i:])
			g.members = g.members[:i]
			break
		}
		if r.err = r.ctx.Err(); r.err != nil { // nothing of it is written, which fails no other
			continue
		}
		if err := w.write(r); err != nil {
			return g.failed(err)
		}
	}
	if err := w.images.flush(w); err != nil {
		return g.failed(err)
	}
	if err := g.finish(); err != nil {
		if errors.Is(err, sqlite3.CONSTRAINT) { // a deferred foreign key, of one of them
			return false
		}
		g.fail(err)
	}
	return true
}

// failed rolls the transaction back and reports whether that settles the
// group: where the error is everybody's, or there is but one member and the
// row need not be looked for.
func (g *group) failed(err error) bool {
	err = g.writer.conn.blame(err)
	g.writer.undo()
	again := errors.Is(err, sqlite3.CONSTRAINT) || errors.Is(err, errTableChanged)
	if len(g.members) > 1 && (errors.Is(err, sqlite3.NOMEM) || errors.Is(err, ErrTempDir)) {
		return false // for one of them the memory may be enough, or it needs no temporary file
	}
	if fatal(err) || (len(g.members) == 1 && !again) {
		g.fail(err)
		return true
	}
	return false
}

// alone writes one member in a transaction of its own.
func (g *group) alone(r *request) {
	w := g.writer
	r.result = store.Result{}
	if r.err = w.start(); r.err != nil {
		return
	}
	err := w.write(r)
	if err == nil {
		err = w.images.flush(w)
	}
	if err == nil {
		err = g.finish()
	}
	if err != nil {
		err = w.conn.blame(err)
		w.undo()
		if errors.Is(err, sqlite3.CONSTRAINT) && (r.batch.Quarantine || r.batch.Sift && len(r.batch.encoded.images) == 0) {
			err = g.sift(r)
		} else {
			err = w.locate(r, err)
		}
	}
	if r.err = err; err != nil {
		r.result = store.Result{}
	}
}

func (g *group) finish() error {
	g.commit = true
	err := g.writer.finish()
	g.commit = false
	return err
}

// fail gives every member that is not settled, and has no error of its own,
// the group's.
func (g *group) fail(err error) {
	for _, r := range g.members[g.settled:] {
		if r.err == nil {
			r.err = err
		}
	}
}

// release wakes the callers of all members but the leader, who is awake.
func (g *group) release() {
	if len(g.members) > 1 {
		g.writer.file.queue.finish(g.members[1:])
	}
	g.members = nil
}

// recover turns a panic of the engine into an error for all members, and
// replaces the connection, which gives up its locks. User code does not run
// under the lock, so the panic is not a user's.
func (g *group) recover() {
	p := recover()
	if p == nil {
		return
	}
	if len(g.members) > 1 && !g.commit && !g.apart {
		g.writer.replace()
		g.apart = true
		g.each()
		g.count()
		g.release()
		return
	}
	err := engineFailed(p)
	switch {
	case len(g.members) > 0:
		if g.commit && g.apart { // the others have not begun
			r := g.members[g.settled]
			r.err = fmt.Errorf("%w: %w", store.ErrCommitUnknown, err)
		} else if g.commit {
			err = fmt.Errorf("%w: %w", store.ErrCommitUnknown, err)
		}
		g.fail(err)
	case g.settled == 0: // else it failed after the work, in a checkpoint
		g.first.err = err
	}
	g.writer.replace()
	g.release()
}
