package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/internal/sqlitetype"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// look reads what the table of s is, nil where there is none. One that fits is
// itself compared with what galley_columns says of it: in one snapshot, since
// another process may be about to change both. open reports that it fits, and that
// something is left to be done.
func (db *DB) look(ctx context.Context, s *schema.Schema, how store.Evolution, load bool) (have *schema.Schema, open bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	defer func() { err = ended(ctx, err) }()
	f := db.file
	look := func(c *conn) (err error) {
		have, open, err = c.look(f.path, s, how, load)
		return err
	}
	if !f.readers.any() && db.writable() == nil {
		// To open a connection for this takes longer than all that it asks. Nothing is
		// written, and no lock of a writer taken.
		ran, err := f.queue.try(&request{ctx: ctx, since: time.Now(), exclusive: func(w *writer) error {
			if err := f.guard.check(); err != nil {
				return err
			}
			old := w.conn.SetInterrupt(ctx)
			defer w.conn.SetInterrupt(old)
			return look(w.conn)
		}}, f.lead)
		if ran && !busy(err) && !errors.Is(err, ErrFileReplaced) {
			return have, open, err
		}
	}
	rd, err := f.readers.acquire(ctx)
	if err != nil {
		return nil, false, err
	}
	defer f.readers.release(rd)
	defer func() { rd.broken = rd.broken || !rd.conn.GetAutocommit() }()
	defer rd.caught(&err)
	err = look(rd.conn)
	return have, open, err
}

// look does the work of DB.look.
func (c *conn) look(path string, s *schema.Schema, how store.Evolution, load bool) (have *schema.Schema, open bool, err error) {
	if err := c.Exec("BEGIN"); err != nil {
		return nil, false, err
	}
	defer func() {
		old := c.SetInterrupt(context.Background()) // an ended context would leave it open
		defer c.SetInterrupt(old)
		err = errors.Join(err, c.Exec("COMMIT"))
	}()
	have, err = c.table(s.Name())
	if err == nil && have != nil && evolve.Fits(s, have, how) {
		if open, err = c.audit(path, have, false); err == nil && !open {
			open, err = c.unfinished(have, load)
		}
	}
	return have, open, err
}

// unfinished reports that a table, which fits, lacks indexes, if it is not about to be
// loaded.
func (c *conn) unfinished(s *schema.Schema, load bool) (bool, error) {
	if load {
		return false, nil
	}
	return c.lacksIndexes(s)
}

// Describe returns the schema of a table as galley_columns has it, nil if the
// table does not exist.
func (db *DB) Describe(ctx context.Context, table string) (*schema.Schema, error) {
	if err := db.open(); err != nil {
		return nil, err
	}
	s, err := db.describe(ctx, table)
	return s, explain(db.file.path, ended(ctx, err))
}

func (db *DB) describe(ctx context.Context, table string) (s *schema.Schema, err error) {
	rd, err := db.file.readers.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer db.file.readers.release(rd)
	defer rd.caught(&err)
	return rd.conn.table(table)
}

// Tables returns the tables of the file, by name, as galley_columns describes
// them: without their Go types.
func (db *DB) Tables(ctx context.Context) (tables []*schema.Schema, err error) {
	if err := db.open(); err != nil {
		return nil, err
	}
	rd, err := db.file.readers.acquire(ctx)
	if err != nil {
		return nil, explain(db.file.path, err)
	}
	defer db.file.readers.release(rd)
	defer func() { err = explain(db.file.path, ended(ctx, err)) }()
	defer rd.caught(&err)
	list := `SELECT DISTINCT "table" FROM galley_columns ORDER BY 1`
	if db.Foreign() {
		list = sqlitetype.TableNames + " ORDER BY 1"
	}
	names, err := rd.conn.texts(list)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		s, err := rd.conn.table(name)
		if err != nil {
			return nil, err
		}
		tables = append(tables, s)
	}
	return tables, nil
}

// table reads a table's columns out of galley_columns, nil where there are
// none.
func (c *conn) table(name string) (*schema.Schema, error) {
	if c.foreign != nil {
		return c.foreignTable(name)
	}
	st, _, err := c.Prepare(`SELECT name, spec FROM galley_columns WHERE "table" = ? ORDER BY position`)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	if err := st.BindText(1, name); err != nil {
		return nil, err
	}
	var columns []schema.Column
	for st.Step() {
		column, err := schema.ParseSpec(st.ColumnText(0), st.ColumnText(1))
		if err != nil {
			return nil, fmt.Errorf("table %q: %w", name, err)
		}
		columns = append(columns, column)
	}
	if err := st.Err(); err != nil || len(columns) == 0 {
		return nil, err
	}
	return schema.New(name, columns)
}
