package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/galley-db/galley/store"
)

// insertion is a batch and its encoded rows.
type insertion struct {
	*store.Batch
	db   *DB
	rows *rows        // nil if there is nothing to store
	with []*insertion // the batches of Batch.With
}

// Begin checks a batch and encodes its rows, as [store.Backend] says.
func (db *DB) Begin(b *store.Batch) (store.Insertion, error) {
	return db.opts.hooks().Begin(b, db.beginBatch)
}

func (db *DB) beginBatch(b *store.Batch) (store.Insertion, error) {
	if err := b.Check(); err != nil {
		return nil, db.explain(err)
	}
	in := &insertion{Batch: b, db: db}
	if b.Empty() {
		return in, nil
	}
	if err := db.onOneServer(b); err != nil {
		return nil, db.explain(err)
	}
	for _, p := range b.Parts() {
		r, err := db.encode(p)
		if err != nil {
			in.Close()
			return nil, db.explain(err)
		}
		if p == b {
			in.rows = r
		} else {
			in.with = append(in.with, &insertion{Batch: p, db: db, rows: r})
		}
	}
	return in, nil
}

// Try writes the batch in one attempt, as [store.Insertion] says. A
// *store.RowError names the row that could not be stored;
// store.ErrCommitUnknown is the only error after which the batch may be stored.
//
// A batch that is being written when ctx ends is rolled back, or, when its
// COMMIT was sent, stored and reported so. While another transaction is
// storing the same key, Try waits for it.
func (in *insertion) Try(ctx context.Context) (store.Result, error) {
	db, b, r := in.db, in.Batch, in.rows
	if db.isClosed() {
		return store.Result{}, db.explain(store.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return store.Result{}, err
	}
	if r == nil {
		return store.Result{Applied: true}, nil
	}
	if len(in.with) > 0 {
		res, err := in.tryTogether(ctx)
		if err != nil {
			return store.Result{}, db.explain(err)
		}
		return res, nil
	}
	res, err := db.write(ctx, b, r)
	if errors.Is(err, store.ErrCommitUnknown) && res.Applied {
		r.unknown = append(r.unknown, attempt{r.mark, res})
	}
	if class := sqlClass(err); class == "22" || class == "42" || malformed(err) {
		err = db.suspect(ctx, r.plan, err)
	}
	if mismatch := (*store.MismatchError)(nil); err != nil && blamesRow(err) && !b.Quarantine && !errors.As(err, &mismatch) {
		if b.Sift {
			res, err = db.sift(ctx, b, r)
		} else {
			err = db.locate(ctx, b, r, err)
		}
	}
	if err != nil {
		return store.Result{}, db.explain(err)
	}
	return res, nil
}

// Close gives the buffers back.
func (in *insertion) Close() {
	if in.rows != nil {
		in.rows.release()
		in.rows = nil
	}
	for _, other := range in.with {
		other.Close()
	}
}

// attempt writes a batch in a transaction of its own.
func (db *DB) attempt(ctx context.Context, b *store.Batch, r *rows) (res store.Result, err error) {
	if b.Quarantine && !b.Sift || b.Carried != nil && len(b.Carried.Rejected) > 0 {
		if err := db.ensureRejects(ctx, b.Schema); err != nil {
			return res, err
		}
	}
	err = db.transact(ctx, func(tx *transaction) error {
		var err error
		res, err = tx.write(ctx, b, r)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrCommitUnknown) {
		return store.Result{}, err
	}
	return res, err
}

// write writes a batch and its key into the transaction.
func (tx *transaction) write(ctx context.Context, b *store.Batch, r *rows) (res store.Result, err error) {
	if err := tx.takeTurn(ctx, b); err != nil {
		return res, err
	}
	if res, err := tx.settle(ctx, b, r); err != nil || res.Applied {
		return res, err
	}
	if b.Replace {
		if res.Removed, _, err = tx.forget(ctx, b.Schema, b.Key); err != nil {
			return res, err
		}
	}
	if b.Key != "" {
		r.mark, err = tx.mark(ctx, b, r.len())
		switch {
		case err != nil:
			return res, err
		case r.mark == "" && b.Replace:
			return res, errRace
		case r.mark == "":
			// An attempt of this batch may have committed only now.
			if res, err = tx.settle(ctx, b, r); err == nil && !res.Applied {
				err = errUndo
			}
			return res, err
		}
	}
	if err := tx.agrees(ctx, b); err != nil {
		return res, err
	}
	for _, key := range slices.Sorted(slices.Values(b.Removes)) { // in one order, so that no two wait for each other
		removed, _, err := tx.forget(ctx, b.Schema, key)
		if err != nil {
			return res, err
		}
		res.Removed += removed
	}
	if err := tx.carry(ctx, b, r); err != nil {
		return res, err
	}
	res.Applied = true
	if r.len() > 0 {
		tx.wrote = append(tx.wrote, r.plan)
	}
	if !staged(b) {
		res.Inserted = int64(r.len())
		return res, tx.load(ctx, tx.db.quoted(b.Schema.Name()), r)
	}
	stored, err := tx.writeStaged(ctx, b, r)
	if err != nil {
		return res, err
	}
	res.Inserted, res.Changed, res.Unchanged, res.Rejected = stored.Inserted, stored.Changed, stored.Unchanged, stored.Rejected
	if n := res.Inserted + res.Changed; b.Key != "" && n != int64(r.len()) {
		return res, tx.remark(ctx, b.Schema, b.Key, n)
	}
	return res, nil
}

// attempt is one whose outcome is unknown.
type attempt struct {
	mark string // the number of its row in the ledger
	res  store.Result
}

// settle finds out whether an attempt whose outcome was unknown has stored the
// batch, and returns its Result then. It writes the ledger row once more, so that
// the COMMIT waits for a synchronous standby, as that attempt's did in vain.
func (tx *transaction) settle(ctx context.Context, b *store.Batch, r *rows) (store.Result, error) {
	if len(r.unknown) == 0 {
		return store.Result{}, nil
	}
	mark, err := tx.rows(ctx, "UPDATE "+tx.db.quoted(ledgerTable)+` SET rows = rows WHERE "table" = $1 AND key = $2 RETURNING id`, b.Schema.Name(), b.Key)
	if err != nil || len(mark) == 0 {
		return store.Result{}, err
	}
	for _, a := range r.unknown {
		if a.mark == mark[0][0] {
			return a.res, nil
		}
	}
	return store.Result{}, nil
}
