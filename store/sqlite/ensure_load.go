package sqlite

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// unindexed is the line of a table's history which says that its indexes are missing.
const unindexed = "without its indexes, which the next Open of the table creates"

// EnsureForLoad is Ensure for a table that the caller is about to fill in one go. A
// table that it creates has no indexes yet, except those of its key and its UNIQUE
// rules: to sort all rows once is faster than to find the place of each. The next
// Ensure of the table, by any program, creates the indexes. EnsureForLoad reports
// whether they are missing; the caller must then call Ensure after the load.
//
// Until then queries return the same rows, but slower. If the caller is killed, the
// table's history says that the indexes are missing, and the next Ensure creates
// them.
func (db *DB) EnsureForLoad(ctx context.Context, s *schema.Schema, how store.Evolution) (missing bool, err error) {
	if err := db.ensure(ctx, s, how, true); err != nil || len(s.Indexes()) == 0 {
		return false, err
	}
	rd, err := db.file.readers.acquire(ctx)
	if err != nil {
		return false, explain(db.file.path, err)
	}
	defer db.file.readers.release(rd)
	defer rd.caught(&err)
	missing, err = rd.conn.lacksIndexes(s)
	return missing, explain(db.file.path, err)
}

// lacksIndexes reports whether EnsureForLoad has left out the indexes of a table, and
// nothing has created them since.
func (c *conn) lacksIndexes(s *schema.Schema) (bool, error) {
	if len(s.Indexes()) == 0 || c.foreign != nil {
		return false, nil
	}
	n, err := c.int64(`SELECT count(*) FROM main.galley_history WHERE "table" = ? AND changes LIKE '%' || ?`, s.Name(), "\n"+unindexed)
	return n > 0, err
}

// createIndexes creates the indexes of a table that EnsureForLoad has left out, in
// the transaction that has been started.
func (w *writer) createIndexes(ctx context.Context, name string) error {
	c := w.conn
	s, err := c.table(name) // as it is by now
	if err != nil {
		return err
	}
	missing, err := c.lacksIndexes(s)
	if err != nil {
		return err
	}
	if missing {
		if err := c.createMissing(ctx, s); err != nil {
			return err
		}
	}
	return c.indexed(name)
}

// createMissing creates those indexes of a table that do not exist.
func (c *conn) createMissing(ctx context.Context, s *schema.Schema) error {
	old := c.SetInterrupt(ctx)
	defer c.SetInterrupt(old)
	for i, sql := range s.CreateTable(schema.SQLite())[1:] {
		there, err := c.ownIndexes(s.Name(), s.Indexes()[i:i+1], s.IndexNames, false)
		if err == nil && len(there) == 0 { // a rebuild creates them, too
			err = c.Exec(sql)
		}
		if err != nil && ctx.Err() != nil {
			return ctx.Err() // the engine says that it was interrupted
		}
		if err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// indexed has the history of a table no longer say that its indexes are missing.
func (c *conn) indexed(table string) error {
	return c.run(`UPDATE main.galley_history SET changes = replace(changes, ?2, '') WHERE "table" = ?1 AND changes LIKE '%' || ?2`, table, "\n"+unindexed)
}
