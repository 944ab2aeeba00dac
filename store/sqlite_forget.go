package store

import (
	"context"

	"github.com/galley-db/galley/schema"
)

// Forget removes the rows of the batch with this key and its mark, in one
// transaction, in its turn among the writers. The key can be stored again
// afterwards. Without an index on the batch column it reads the whole table.
func (db *DB) Forget(ctx context.Context, s *schema.Schema, key string) (rows int64, found bool, err error) {
	if err := db.writable(); err != nil {
		return 0, false, err
	}
	if err := CheckKey(key); err != nil {
		return 0, false, &pathError{path: db.file.path, err: err}
	}
	err = db.file.exclusively(ctx, func(w *writer) error {
		if err := w.start(); err != nil {
			return err
		}
		var err error
		if rows, found, err = w.forget(s, key); err == nil {
			return w.finish()
		}
		w.undo()
		return err
	})
	if err != nil {
		return 0, false, explain(db.file.path, err)
	}
	return rows, found, nil
}

// forget removes a batch in the transaction that has been started.
func (w *writer) forget(s *schema.Schema, key string) (rows int64, found bool, err error) {
	at := s.Batch()
	if at < 0 {
		return 0, false, noBatchColumn(s)
	}
	if err := w.conn.run(`DELETE FROM galley_batches WHERE "table" = ? AND key = ?`, s.Name(), key); err != nil {
		return 0, false, err
	}
	if w.conn.Changes() == 0 {
		return 0, false, nil
	}
	quote := schema.SQLite().Quote
	if err := w.conn.run("DELETE FROM "+quote(s.Name())+" WHERE "+quote(s.Columns()[at].Name)+" = ?", key); err != nil {
		return 0, false, err
	}
	return w.conn.Changes(), true, nil
}
