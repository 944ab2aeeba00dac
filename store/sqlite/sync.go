package sqlite

import (
	"context"
)

// Sync has the batches that are committed survive power loss: with
// Options.Durability Normal the last ones may be in the operating system's memory
// only. It waits for its turn among the writers.
func (db *DB) Sync(ctx context.Context) error {
	if err := db.writable(); err != nil {
		return err
	}
	if db.file.memory {
		return nil
	}
	return explain(db.file.path, db.file.exclusively(ctx, func(w *writer) error { return w.conn.mount.syncLog() }))
}
