package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/galley-db/galley/internal/sqlitetype"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/store/sqlite"
)

// destination is a database that a verb moves rows into.
type destination struct {
	database
	created *sqlite.DB // the file, if the verb has created it
}

// openDestination opens a database by its path or URL. A file is created where it does
// not exist. The caller calls close with the error that the verb ends with.
func openDestination(ctx context.Context, name string, server postgres.Options, file sqlite.Options) (*destination, error) {
	if onServer(name) {
		db, err := postgres.Open(ctx, name, server)
		if err != nil {
			return nil, err
		}
		return &destination{database: db}, nil
	}
	_, before := os.Stat(name)
	db, err := sqlite.Open(ctx, name, file)
	if err != nil {
		return nil, err
	}
	d := &destination{database: db}
	if errors.Is(before, fs.ErrNotExist) {
		d.created = db
	}
	return d, nil
}

// close closes the database and returns the error of the verb with its own. If the
// verb has failed, a file that it has created is removed while it is empty.
func (d *destination) close(err error) error {
	if err != nil && d.created != nil {
		_ = d.removeEmpty() // an empty file stays if it cannot be removed, and does no harm
	}
	return errors.Join(err, d.Close())
}

// removing bounds how long a verb waits for the lock of a file that it removes.
const removing = 5 * time.Second

// removeEmpty removes the file if it has no tables, and no process uses it or writes to
// it meanwhile. The context of the verb may have ended: its user has stopped it.
func (d *destination) removeEmpty() error {
	ctx, cancel := context.WithTimeout(context.Background(), removing)
	defer cancel()
	mark, err := d.created.Mark(ctx)
	if err != nil {
		return err
	}
	n, err := store.Value[int64](ctx, d.created, "SELECT count(*) FROM ("+sqlitetype.TableNames+` AND name NOT LIKE 'galley\_%' ESCAPE '\')`)
	if err != nil || n > 0 {
		return err
	}
	return d.created.ClearSince(ctx, mark)
}
