package sqlite

import "context"

// Vacuum writes the file anew without the room that deleted rows have left in
// it (https://sqlite.org/lang_vacuum.html), and moves the result out of the
// WAL. It waits for its turn among the writers, who then wait for it, and
// takes up to twice the file's size on the disk while it runs. When it fails,
// the file is as it was.
//
// Where another process writes or reads, Vacuum tries until ctx ends.
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
