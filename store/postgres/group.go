package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Many writers with small batches cost a server more in transactions, and in
// its lock on a table that grows, than in rows. So a few transactions at a time
// write into a table, and what comes meanwhile waits and shares the next: one
// COPY, one COMMIT. A single writer never waits.
const (
	// lanes is how many shared transactions write into a table at once.
	lanes = 4
	// A batch of more than shareRows rows or shareBytes bytes has a transaction
	// of its own, and a group ends before it has more than groupRows or
	// groupBytes.
	shareRows  = 2_500
	shareBytes = 1 << 20
	groupRows  = 10_000
	groupBytes = 4 << 20
)

// line is where the batches of one table wait for their transaction, first in,
// first out.
type line struct {
	mu      sync.Mutex
	waiting []*member
	groups  int // under way
}

// member is a batch in a line, or in a group.
type member struct {
	ctx context.Context
	b   *store.Batch
	r   *rows

	done  chan struct{} // closed when what follows is set
	alone bool          // nothing is stored; try it in its own transaction
	res   store.Result
	err   error
}

// shares reports whether a batch may be written in one transaction with others.
func (db *DB) shares(b *store.Batch, r *rows) bool {
	return !staged(b) && !b.RemovesRows() && b.Carried == nil && b.Others == nil && len(r.unknown) == 0 && db.opts.DistributeBy == "" && r.len() <= shareRows && len(r.data) <= shareBytes
}

// write writes a batch, in a transaction of its own or with others. Where a
// group fails, for whatever reason, each of its batches is written alone, so
// that each succeeds or fails by itself.
func (db *DB) write(ctx context.Context, b *store.Batch, r *rows) (store.Result, error) {
	if r.left != nil {
		if res, ended, err := r.outcome(ctx); ended {
			return res, err
		}
	}
	if !db.shares(b, r) {
		return db.attempt(ctx, b, r)
	}
	m := newMember(ctx, b, r)
	l := &r.plan.line
	l.join(db, m)
	select {
	case <-m.done:
	case <-ctx.Done():
		if l.leave(m) {
			return store.Result{}, ctx.Err()
		}
		select { // the group ends early now, unless its COMMIT was sent
		case <-m.done:
		case <-time.After(db.opts.CommitWait):
			r.left = m
			return store.Result{}, fmt.Errorf("%w: %w", store.ErrCommitUnknown, ctx.Err())
		}
	}
	r.mark = m.r.mark
	if m.alone {
		return db.attempt(ctx, b, r)
	}
	return m.res, m.err
}

// newMember copies the batch and its rows: a member that its caller has left is
// still read, and its mark set, by the goroutine of the group.
func newMember(ctx context.Context, b *store.Batch, r *rows) *member {
	batch, own := *b, *r
	return &member{ctx: ctx, b: &batch, r: &own, done: make(chan struct{})}
}

// outcome waits for the end of an attempt that an earlier Try has left, and
// returns its Result. It returns false where that attempt has stored nothing.
func (r *rows) outcome(ctx context.Context) (res store.Result, ended bool, err error) {
	m := r.left
	select {
	case <-m.done:
	case <-ctx.Done():
		return store.Result{}, true, fmt.Errorf("%w: %w", store.ErrCommitUnknown, ctx.Err())
	}
	r.left, r.mark = nil, m.r.mark
	if m.alone || m.err != nil && !errors.Is(m.err, store.ErrCommitUnknown) {
		return store.Result{}, false, nil
	}
	return m.res, true, m.err
}

// join puts m into the line, and starts a lane for it if one is free.
func (l *line) join(db *DB, m *member) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, m)
	if l.groups < min(lanes, db.opts.MaxConns) {
		l.groups++
		go l.serve(db)
	}
}

// leave takes m out of the line and reports whether it was still in it.
func (l *line) leave(m *member) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.waiting, m)
	if i < 0 {
		return false
	}
	l.waiting = slices.Delete(l.waiting, i, i+1)
	return true
}

// serve writes groups until the line is empty.
func (l *line) serve(db *DB) {
	for {
		group := l.take()
		if len(group) == 0 {
			return
		}
		db.writeGroup(group)
	}
}

// take takes a group out of the line, or gives up the lane if the line is
// empty. A batch whose key is in the group already waits for the group's
// outcome.
func (l *line) take() (group []*member) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rows, bytes, full := 0, 0, false
	keys := map[string]bool{}
	l.waiting = slices.DeleteFunc(l.waiting, func(m *member) bool {
		if full || m.ctx.Err() != nil { // who is not to be written any more leaves by himself
			return false
		}
		rows, bytes = rows+m.r.len(), bytes+len(m.r.data)
		if full = len(group) > 0 && (rows > groupRows || bytes > groupBytes || keys[m.b.Key]); full {
			return false
		}
		if m.b.Key != "" {
			keys[m.b.Key] = true
		}
		group = append(group, m)
		return true
	})
	if len(group) == 0 {
		l.groups--
	}
	return group
}

// writeGroup writes batches in one transaction, and gives each its outcome. A member whose context ends before the COMMIT is sent ends the
// transaction; once it is sent, it is waited for while any of them waits.
func (db *DB) writeGroup(group []*member) {
	if len(group) == 1 {
		m := group[0]
		m.res, m.err = db.attempt(m.ctx, m.b, m.r)
		close(m.done)
		return
	}
	base := context.WithoutCancel(group[0].ctx)
	ctx, cancel := context.WithCancel(base)
	defer cancel()
	all, cancelAll := context.WithCancel(base)
	defer cancelAll()
	var left atomic.Int64
	left.Store(int64(len(group)))
	for _, m := range group {
		stop := context.AfterFunc(m.ctx, func() {
			cancel()
			if left.Add(-1) == 0 {
				cancelAll()
			}
		})
		defer stop()
	}
	err := db.transact(ctx, func(tx *transaction) error {
		tx.patience = all
		return tx.writeAll(ctx, group)
	})
	for _, m := range group {
		switch {
		case errors.Is(err, store.ErrCommitUnknown):
			m.err = err
		case err != nil:
			m.alone = true
		}
		close(m.done)
	}
}

// writeAll writes the rows and keys of batches of one table into the
// transaction.
func (tx *transaction) writeAll(ctx context.Context, group []*member) error {
	p := group[0].r.plan
	stored, err := tx.markAll(ctx, p.schema, group)
	if err != nil {
		return err
	}
	var load []*rows
	for _, m := range group {
		if m.b.Key != "" {
			if m.r.mark = stored[m.b.Key]; m.r.mark == "" {
				continue // it existed before
			}
		}
		m.res = store.Result{Applied: true, Inserted: int64(m.r.len())}
		if m.r.len() > 0 {
			load = append(load, m.r)
			tx.wrote = []*plan{p}
		}
	}
	return tx.load(ctx, tx.db.quoted(p.schema.Name()), load...)
}

// markAll is mark for several batches, and returns the numbers of the rows by
// the keys that were not there. They are written in their order, as by all hosts, so that two
// groups do not wait for each other.
func (tx *transaction) markAll(ctx context.Context, s *schema.Schema, group []*member) (map[string]string, error) {
	var keyed []*member
	for _, m := range group {
		if m.b.Key != "" {
			keyed = append(keyed, m)
		}
	}
	if len(keyed) == 0 {
		return nil, nil
	}
	slices.SortFunc(keyed, func(a, b *member) int { return strings.Compare(a.b.Key, b.b.Key) })
	keys, counts, times := make([]string, len(keyed)), make([]int64, len(keyed)), make([]*int64, len(keyed))
	for i, m := range keyed {
		keys[i], counts[i], times[i] = m.b.Key, ledgerRows(m.b, m.r.len()), markTime(m.b)
	}
	return tx.enter(ctx, s, keys, counts, times)
}

// enter writes rows of the ledger, and returns their numbers by the keys that
// were not there.
func (tx *transaction) enter(ctx context.Context, s *schema.Schema, keys []string, counts []int64, times []*int64) (map[string]string, error) {
	types := pgtype.NewMap()
	keysText, err := types.Encode(pgtype.TextArrayOID, pgtype.TextFormatCode, keys, nil)
	if err != nil {
		return nil, err
	}
	countsText, err := types.Encode(pgtype.Int8ArrayOID, pgtype.TextFormatCode, counts, nil)
	if err != nil {
		return nil, err
	}
	timesText, err := types.Encode(pgtype.Int8ArrayOID, pgtype.TextFormatCode, times, nil)
	if err != nil {
		return nil, err
	}
	rows, err := tx.rowsPrepared(ctx, "INSERT INTO "+tx.db.quoted(ledgerTable)+` ("table", key, rows, at)`+
		" SELECT $1, k, n, "+timeOrNow("t")+" FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS batch(k, n, t) ON CONFLICT DO NOTHING RETURNING key, id",
		s.Name(), string(keysText), string(countsText), string(timesText))
	if err != nil {
		return nil, err
	}
	stored := make(map[string]string, len(rows))
	for _, r := range rows {
		stored[r[0]] = r[1]
	}
	return stored, nil
}
