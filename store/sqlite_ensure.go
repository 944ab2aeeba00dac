package store

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
)

// Ensure creates the table of s and its indexes, or compares the table that
// is there with s. It waits for its turn among the writers, and is one
// transaction.
func (db *DB) Ensure(ctx context.Context, s *schema.Schema) error {
	if err := db.open(); err != nil {
		return err
	}
	f := db.file
	have, err := db.have(ctx, s.Name())
	if err != nil {
		return explain(f.path, err)
	}
	if have == nil {
		if err := db.writable(); err != nil {
			return err
		}
		err := f.exclusively(ctx, func(w *writer) error { return w.ensure(s) })
		return explain(f.path, err)
	}
	if err := f.compare(s, have); err != nil {
		return err
	}
	return explain(f.path, db.audit(ctx, s))
}

// compare returns a *MismatchError where the table have is not what s wants.
func (f *file) compare(s, have *schema.Schema) error {
	if s.Fingerprint() == have.Fingerprint() {
		return nil
	}
	changes := schema.Diff(s, have)
	if len(changes) == 0 {
		return nil
	}
	return &MismatchError{Path: f.path, Table: s.Name(), Changes: changes}
}

// audit returns a *MismatchError where the table itself is not what
// galley_columns says: somebody has altered or dropped it by hand.
func (db *DB) audit(ctx context.Context, s *schema.Schema) error {
	rd, err := db.file.readers.acquire(ctx)
	if err != nil {
		return err
	}
	defer db.file.readers.release(rd)
	st, _, err := rd.conn.Prepare("SELECT name, type, \"notnull\" FROM pragma_table_info(?)")
	if err != nil {
		return err
	}
	defer st.Close()
	if err := st.BindText(1, s.Name()); err != nil {
		return err
	}
	mismatch := func(format string, args ...any) error {
		return &MismatchError{Path: db.file.path, Table: s.Name(),
			Reason: fmt.Sprintf(format, args...) + "; the table was altered by other means, undo that or use another Options.Name"}
	}
	columns := s.Columns()
	i := 0
	for ; st.Step(); i++ {
		name := st.ColumnText(0)
		if i >= len(columns) || columns[i].Name != name {
			return mismatch("column %d is %q", i+1, name)
		}
		c := &columns[i]
		if want := schema.SQLite().Type(*c); st.ColumnText(1) != want || st.ColumnBool(2) == c.Nullable {
			return mismatch("column %q is %s, want %s", name, st.ColumnText(1), want)
		}
	}
	if err := st.Err(); err != nil {
		return err
	}
	if i < len(columns) {
		return mismatch("column %q is missing", columns[i].Name)
	}
	return nil
}

// ensure creates the table unless another process has just done so.
func (w *writer) ensure(s *schema.Schema) error {
	if err := w.start(); err != nil {
		return err
	}
	defer w.undo()
	have, err := w.conn.table(s.Name())
	if err != nil {
		return err
	}
	if have != nil {
		return w.file.compare(s, have)
	}
	exists, err := w.conn.int64("SELECT count(*) FROM sqlite_schema WHERE name = ? COLLATE NOCASE", s.Name())
	if err != nil {
		return err
	}
	if exists > 0 {
		return &MismatchError{Path: w.file.path, Table: s.Name(),
			Reason: "something of that name is in the file that galley did not create; use another Options.Name, or drop it"}
	}
	for _, sql := range s.CreateTable(schema.SQLite()) {
		if err := w.conn.Exec(sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	st, _, err := w.conn.Prepare("INSERT INTO galley_columns VALUES (?,?,?,?)")
	if err != nil {
		return err
	}
	defer st.Close()
	for i, c := range s.Columns() {
		for _, err := range []error{
			st.BindText(1, s.Name()), st.BindInt(2, i), st.BindText(3, c.Name), st.BindText(4, c.Spec()),
			st.Exec(),
		} {
			if err != nil {
				return err
			}
		}
	}
	return w.finish()
}

// have reads what the file says of a table, nil where there is none.
func (db *DB) have(ctx context.Context, name string) (*schema.Schema, error) {
	rd, err := db.file.readers.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer db.file.readers.release(rd)
	return rd.conn.table(name)
}

// Tables returns the tables of the file, by name, as galley_columns describes
// them: without the Go types that they came from.
func (db *DB) Tables(ctx context.Context) ([]*schema.Schema, error) {
	if err := db.open(); err != nil {
		return nil, err
	}
	rd, err := db.file.readers.acquire(ctx)
	if err != nil {
		return nil, explain(db.file.path, err)
	}
	defer db.file.readers.release(rd)
	names, err := rd.conn.texts(`SELECT DISTINCT "table" FROM galley_columns ORDER BY 1`)
	if err != nil {
		return nil, explain(db.file.path, err)
	}
	var tables []*schema.Schema
	for _, name := range names {
		s, err := rd.conn.table(name)
		if err != nil {
			return nil, explain(db.file.path, err)
		}
		tables = append(tables, s)
	}
	return tables, nil
}

// table reads a table's columns out of galley_columns, nil where there are
// none.
func (c *conn) table(name string) (*schema.Schema, error) {
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

// texts returns the first column of all rows of a query.
func (c *conn) texts(sql string) ([]string, error) {
	st, _, err := c.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	var all []string
	for st.Step() {
		all = append(all, st.ColumnText(0))
	}
	return all, st.Err()
}
