package sqlite

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Forget removes the rows of the batch with this key, including those in
// quarantine, and its ledger entry, in one transaction, in its turn among the
// writers. The key can then be stored again. Without an index on the batch
// column Forget reads the whole table. It returns store.ErrNoBatch if the key is
// not stored. It returns store.ErrNoBatchColumn and removes
// nothing if the table has no key, the batch has rows, and none of them carries
// the batch's key: they were stored before the table had its batch column, or
// were removed by other means.
func (db *DB) Forget(ctx context.Context, s *schema.Schema, key string) (rows int64, err error) {
	if err := db.writable(); err != nil {
		return 0, err
	}
	if err := store.CheckForget(s, key); err != nil {
		return 0, &pathError{path: db.file.path, err: err}
	}
	found := false
	err = db.file.exclusively(ctx, func(w *writer) error {
		return w.transaction(func() error {
			err := w.verify(db.file.plans.of(s, db.file.opts.MaxValue))
			if err == nil {
				rows, found, err = w.forget(s, key)
			}
			return err
		})
	})
	if err == nil && !found {
		err = fmt.Errorf("table %q: %w: %q", s.Name(), store.ErrNoBatch, key)
	}
	if err != nil {
		return 0, explain(db.file.path, err)
	}
	return rows, nil
}

// forget removes a batch in the transaction that has been started.
func (w *writer) forget(s *schema.Schema, key string) (rows int64, found bool, err error) {
	stored, err := w.conn.text(`DELETE FROM galley_batches WHERE "table" = ? AND key = ? RETURNING rows`, s.Name(), key)
	if err != nil || stored == "" {
		return 0, false, err
	}
	quote := schema.SQLite().Quote
	if err := w.conn.run("DELETE FROM "+quote(s.Name())+" WHERE "+quote(s.Columns()[s.Batch()].Name)+" = ?", key); err != nil {
		return 0, false, err
	}
	rows = w.conn.Changes()
	there, another, err := w.quarantined(s)
	if err == nil && there && !another {
		err = w.conn.run("DELETE FROM "+quote(s.Name()+store.RejectsSuffix)+" WHERE key = ?", key)
	}
	if err != nil {
		return 0, false, err
	}
	// With a key of its own, the table cannot get the rows twice; an Upsert may
	// have made them another batch's.
	if stored != "0" && rows == 0 && len(s.Key()) == 0 {
		return 0, false, fmt.Errorf("table %q: %w that leads to the %s rows of %q: they were stored before it was added, or removed by other means; "+
			"delete them and their row in galley_batches in SQL", s.Name(), store.ErrNoBatchColumn, stored, key)
	}
	return rows, true, nil
}
