package sqlite

import "context"

// Vacuum rewrites the file without the space of deleted rows
// (https://sqlite.org/lang_vacuum.html), and moves the result out of the WAL.
// It waits for its turn among the writers, which then wait for it. It needs up
// to twice the file's size on the disk. If it fails, the file is unchanged.
//
// While another process writes or reads, Vacuum retries until ctx ends.
func (db *DB) Vacuum(ctx context.Context) error {
	if err := db.writable(); err != nil {
		return err
	}
	if err := db.file.eventually(ctx, func(w *writer) error { return w.conn.Exec("VACUUM") }); err != nil {
		return explain(db.file.path, err)
	}
	_, err := db.Checkpoint(ctx, Passive)
	return err
}
