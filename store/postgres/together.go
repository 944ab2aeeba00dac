package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/galley-db/galley/store"
)

// parts returns the batch and those of other tables that are stored with it.
func (in *insertion) parts() []*insertion { return append([]*insertion{in}, in.with...) }

// tryTogether writes the rows of several tables in a transaction of their own.
func (in *insertion) tryTogether(ctx context.Context) (res store.Result, err error) {
	db, parts := in.db, in.parts()
	err = db.transact(ctx, func(tx *transaction) (err error) {
		res, err = tx.together(ctx, parts)
		return err
	})
	if errors.Is(err, store.ErrCommitUnknown) && res.Applied {
		for _, p := range parts {
			p.rows.unknown = append(p.rows.unknown, attempt{p.rows.mark, store.Result{Applied: true, Inserted: int64(p.rows.len())}})
		}
	}
	if class := sqlClass(err); class == "22" || class == "42" || malformed(err) {
		for _, p := range parts {
			var altered *store.MismatchError
			if err = db.suspect(ctx, p.rows.plan, err); errors.As(err, &altered) {
				break
			}
		}
	}
	var mismatch *store.MismatchError
	if err != nil && blamesRow(err) && !errors.As(err, &mismatch) {
		err = db.locateTogether(ctx, parts, err)
	}
	if err != nil {
		return store.Result{}, err
	}
	return res, nil
}

// together writes the rows of several tables and the key of each. The keys are
// written in the order of the tables' names, as by all hosts, so that two
// transactions do not wait for each other.
func (tx *transaction) together(ctx context.Context, parts []*insertion) (res store.Result, err error) {
	sorted := slices.SortedFunc(slices.Values(parts), func(a, b *insertion) int { return strings.Compare(a.Schema.Name(), b.Schema.Name()) })
	if res, all, err := tx.settleAll(ctx, sorted); err != nil || all {
		return res, err
	}
	have := &store.PartlyStoredError{Key: parts[0].Key}
	for _, p := range sorted {
		if p.rows.mark, err = tx.mark(ctx, p.Batch, p.rows.len()); err != nil {
			return store.Result{}, err
		}
		if p.rows.mark == "" {
			have.Stored = append(have.Stored, p.Schema.Name())
		} else {
			have.Missing = append(have.Missing, p.Schema.Name())
		}
	}
	switch {
	case len(have.Missing) == 0:
		// An attempt of this batch may have committed only now.
		res, all, err := tx.settleAll(ctx, sorted)
		if err == nil && !all {
			err = errUndo
		}
		return res, err
	case len(have.Stored) > 0:
		return store.Result{}, have
	}
	res.Applied = true
	for _, p := range parts {
		if err := tx.load(ctx, tx.db.quoted(p.Schema.Name()), p.rows); err != nil {
			return store.Result{}, err
		}
		if p.rows.len() > 0 {
			tx.wrote = append(tx.wrote, p.rows.plan)
		}
		res.Inserted += int64(p.rows.len())
	}
	return res, nil
}

// settleAll finds out whether an attempt whose outcome was unknown has stored the
// rows of all tables, and returns its Result then.
func (tx *transaction) settleAll(ctx context.Context, parts []*insertion) (res store.Result, all bool, err error) {
	for _, p := range parts {
		one, err := tx.settle(ctx, p.Batch, p.rows)
		if err != nil || !one.Applied {
			return store.Result{}, false, err
		}
		res.Applied = true
		res.Inserted += one.Inserted
	}
	return res, true, nil
}

// locateTogether finds out which row of which table is to blame. The rows of a
// table are tried behind those of the tables before it, to which they may refer.
func (db *DB) locateTogether(ctx context.Context, parts []*insertion, err error) error {
	for i, p := range parts {
		without := *p.Batch
		without.Key, without.With = "", nil
		failed, _, probeErr := db.probe(ctx, &without, p.rows, parts[:i]...)
		if probeErr != nil {
			return err
		}
		if failed != nil {
			return db.locate(ctx, &without, p.rows, err, parts[:i]...)
		}
	}
	return err
}
