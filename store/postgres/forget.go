package postgres

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Forget removes the rows of the batch with this key, those of them in
// quarantine, and its mark, in one transaction. The key can be stored again
// afterwards. Without an index on the batch column it reads the whole table.
// It returns store.ErrNoBatch if the key is not stored. It returns
// store.ErrNoBatchColumn, and removes nothing, where the table has no key, the
// batch has rows and none of them carries the batch's: they were stored before
// the table had its batch column, or removed by other means since.
func (db *DB) Forget(ctx context.Context, s *schema.Schema, key string) (n int64, err error) {
	if db.isClosed() {
		return 0, db.explain(store.ErrClosed)
	}
	if err := store.CheckForget(s, key); err != nil {
		return 0, db.explain(err)
	}
	found := false
	err = db.transact(ctx, func(tx *transaction) error {
		n, found, err = tx.forget(ctx, s, key)
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("table %q: %w: %q", s.Name(), store.ErrNoBatch, key)
	}
	if err != nil {
		return 0, db.explain(err)
	}
	return n, nil
}

// forget removes a batch.
func (tx *transaction) forget(ctx context.Context, s *schema.Schema, key string) (rows int64, found bool, err error) {
	aside := s.Name() + store.RejectsSuffix
	mark, err := tx.rows(ctx, "DELETE FROM "+tx.db.quoted(ledgerTable)+` WHERE "table" = $1 AND key = $2 RETURNING rows,`+
		" to_regclass("+schema.Postgres().Literal(tx.db.quoted(aside))+") IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "+tx.db.quoted(columnsTable)+` WHERE "table" = $3)`,
		s.Name(), key, aside)
	if err != nil || len(mark) == 0 {
		return 0, false, err
	}
	name := schema.Postgres().Quote(s.Columns()[s.Batch()].Name)
	if rows, err = tx.exec(ctx, "DELETE FROM "+tx.db.quoted(s.Name())+" WHERE "+name+" = $1", key); err != nil {
		return 0, false, err
	}
	stored, rejects := mark[0][0], mark[0][1] == "t"
	if rejects {
		sql := "DELETE FROM " + tx.db.quoted(aside) + " WHERE key = $1"
		if tx.db.opts.DistributeBy != "" {
			sql += " AND " + schema.Postgres().Quote(rejectsPlace) + " = $1" // asks one server
		}
		if _, err := tx.exec(ctx, sql, key); err != nil {
			return 0, false, err
		}
	}
	// With a key of its own, the table cannot get the rows twice; an Upsert may
	// have made them another batch's.
	if stored != "0" && rows == 0 && len(s.Key()) == 0 {
		return 0, false, fmt.Errorf("table %q: %w that leads to the %s rows of %q: they were stored before it was added, or removed by other means; "+
			"delete them and their row in galley_batches in SQL", s.Name(), store.ErrNoBatchColumn, stored, key)
	}
	return rows, true, nil
}
