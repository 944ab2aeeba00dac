package sqlite

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/store"
)

// OpenForeign opens an SQLite file that galley did not create, to read it. Its
// tables and views are described by the types that they declare and by the values
// in them, which [DB.Tables] and [DB.Describe] read to the end. Values are read as
// they are stored; one that does not fit the type of its column is refused, as
// everywhere. The file has no batches and no quarantine.
//
// OpenForeign creates nothing beside the file and never changes it. A file that no
// process has open is read as it lies, and a call returns [ErrFileReplaced] if the
// file was written to meanwhile. The error is [ErrInUse] if a rollback journal is
// beside the file, and store.ErrNotGalley if the file is galley's own or not SQLite's.
func OpenForeign(ctx context.Context, path string, opts Options) (*DB, error) {
	opts.ReadOnly, opts.foreign = true, &foreign{}
	return Open(ctx, path, opts)
}

// Foreign reports whether the DB was opened by OpenForeign.
func (db *DB) Foreign() bool { return db.file.opts.foreign != nil }

// arrangeForeign prepares to open a file of another program.
func (f *file) arrangeForeign() error {
	if journal, err := fileid.Stat(f.path + "-journal"); err == nil && journal.Size > 0 {
		return fmt.Errorf("%w: %s-journal is beside it, so another process writes to it, or was killed while it did; "+
			"open it once with the program that it belongs to", ErrInUse, f.path)
	}
	wal, walErr := fileid.Stat(f.path + "-wal")
	_, shmErr := fileid.Stat(f.path + "-shm")
	if walErr == nil && (shmErr == nil || wal.Size > 0) {
		return f.arrange()
	}
	return f.lie()
}

// examineForeign is the part of examine for a file of another program.
func examineForeign(c *conn) error {
	if _, err := c.text("SELECT count(*) FROM sqlite_schema"); err != nil {
		return err
	}
	ledger, err := c.text("SELECT name FROM sqlite_schema WHERE name = 'galley_meta'")
	if err == nil && ledger != "" {
		err = fmt.Errorf("%w: it has galley's tables, but another application id: its header is damaged", store.ErrNotGalley)
	}
	return err
}
