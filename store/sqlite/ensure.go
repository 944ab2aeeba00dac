package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Ensure creates the table of s and its indexes, or compares the existing table
// with s and makes the changes that how permits, in one transaction. It waits
// for its turn among the writers. It also creates the indexes that
// [DB.EnsureForLoad] has left out.
func (db *DB) Ensure(ctx context.Context, s *schema.Schema, how store.Evolution) error {
	return db.ensure(ctx, s, how, false)
}

// ensure is Ensure, or EnsureForLoad.
func (db *DB) ensure(ctx context.Context, s *schema.Schema, how store.Evolution, load bool) error {
	if err := db.open(); err != nil {
		return err
	}
	f := db.file
	if how > store.RebuildAndDrop {
		return &pathError{path: f.path, err: fmt.Errorf("%w: Evolution %d", store.ErrOptions, how)}
	}
	ensure := func() error {
		return f.exclusively(ctx, func(w *writer) error { return w.ensure(ctx, s, how, load) })
	}
	if f.creating.Load() && db.writable() == nil {
		// A reader would parse the schema of all tables again after each new one.
		if err := ensure(); !busy(err) {
			return explain(f.path, err)
		}
	}
	have, open, err := db.look(ctx, s, how, load)
	if err != nil {
		return explain(f.path, err)
	}
	if have != nil && evolve.Fits(s, have, how) && (!open || db.writable() != nil) {
		return nil
	}
	if have != nil && how == store.Strict && !open {
		return f.mismatch(s, have, how)
	}
	if err := db.writable(); err != nil {
		return err
	}
	return explain(f.path, ensure())
}

// ensure creates or changes the table, after another look at it under the
// lock: another process may just have done so.
func (w *writer) ensure(ctx context.Context, s *schema.Schema, how store.Evolution, load bool) error {
	if how >= store.Rebuild { // which drops the table that others refer to
		if err := w.conn.Exec("PRAGMA foreign_keys=OFF"); err != nil {
			return err
		}
		defer func() { _ = w.conn.Exec("PRAGMA foreign_keys=ON") }()
	}
	if err := w.start(); err != nil {
		return err
	}
	defer w.undo()
	have, err := w.conn.table(s.Name())
	w.file.creating.Store(err == nil && have == nil)
	switch {
	case err != nil:
		return err
	case have == nil:
		err = w.create(s, load)
	case evolve.Fits(s, have, how):
		open, err := w.conn.audit(w.file.path, have, false)
		if err == nil && !open {
			open, err = w.conn.unfinished(have, load)
		}
		if err != nil || !open {
			return err
		}
		if err := w.acceptOrder(have); err != nil {
			return err
		}
	default:
		if _, err = w.conn.audit(w.file.path, have, false); err == nil {
			err = w.evolve(ctx, s, have, how)
		}
	}
	if err == nil && have != nil && !load {
		err = w.createIndexes(ctx, s.Name())
	}
	if err == nil {
		err = w.finish()
	}
	if err == nil {
		w.file.opts.hooks().Changed(s, have)
		w.keepWALShort() // indexes, and a table that is rebuilt, may be large
	}
	return err
}

// create creates a table, without its indexes if it is about to be loaded.
func (w *writer) create(s *schema.Schema, load bool) error {
	other, err := w.conn.text(`SELECT "table" FROM galley_columns WHERE "table" = ? COLLATE NOCASE`, s.Name())
	if err != nil {
		return err
	}
	if other != "" {
		return &store.MismatchError{Path: w.file.path, Table: s.Name(),
			Reason: fmt.Sprintf("the file has the table %q, and SQLite ignores the case of letters in names; use that name", other)}
	}
	exists, err := w.conn.int64("SELECT count(*) FROM sqlite_schema WHERE name = ? COLLATE NOCASE", s.Name())
	if err != nil {
		return err
	}
	if exists > 0 {
		return &store.MismatchError{Path: w.file.path, Table: s.Name(),
			Reason: "something of that name is in the file that galley did not create; use another Options.Name"}
	}
	// Marks found here are those of a table which another program dropped.
	// Their rows are gone with it, and the keys must be stored again.
	if err := w.conn.run(`DELETE FROM galley_batches WHERE "table" = ?`, s.Name()); err != nil {
		return err
	}
	did := "created"
	if n := w.conn.Changes(); n > 0 {
		did += fmt.Sprintf("\nremoved %d keys of batches in an earlier table of this name, which was dropped by other means", n)
	}
	if err := w.conn.indexed(s.Name()); err != nil { // what an earlier table of this name lacked
		return err
	}
	statements := s.CreateTable(schema.SQLite())
	if load && len(statements) > 1 {
		statements = statements[:1]
		did += "\n" + unindexed
	}
	for _, sql := range statements {
		if err := w.conn.Exec(sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return w.record(s, did)
}

// record writes what the table is now into galley_columns, and what was done
// to it into galley_history.
func (w *writer) record(s *schema.Schema, changes string) error {
	c := w.conn
	if err := c.run(`DELETE FROM galley_columns WHERE "table" = ?`, s.Name()); err != nil {
		return err
	}
	for i, column := range s.Columns() {
		err := c.run("INSERT INTO galley_columns VALUES (?,?,?,?)", s.Name(), i, column.Name, column.Spec())
		if err != nil {
			return err
		}
	}
	if err := c.remember(s, changes); err != nil {
		return err
	}
	return c.settleOrder()
}

// remember writes what was done to a table into galley_history.
func (c *conn) remember(s *schema.Schema, changes string) error {
	return c.run(`INSERT INTO galley_history ("table", at, fingerprint, changes) VALUES (?,?,?,?)`,
		s.Name(), time.Now().UnixMicro(), s.Fingerprint(), changes)
}

// acceptOrder writes down that a table which was created by other means has its
// rows: from now on it is as if galley had created it.
func (w *writer) acceptOrder(s *schema.Schema) error {
	if again, err := w.conn.createdByHand(s.Name()); err != nil || !again {
		return err
	}
	if err := w.conn.remember(s, "created again by other means, with its rows"); err != nil {
		return err
	}
	return w.conn.settleOrder()
}

// mismatch is the error for what how does not allow.
func (f *file) mismatch(s, have *schema.Schema, how store.Evolution) error {
	_, refuse := evolve.Changes(s, have, how)
	return evolve.Mismatch(how, f.path, s, refuse)
}
