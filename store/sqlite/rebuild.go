package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// rebuilding is the name that a table has while it is rewritten.
const rebuilding = "rebuilding galley table"

// rebuild writes the table again as s wants it, in the transaction that has
// been started, after https://sqlite.org/lang_altertable.html#otheralter.
// Each value is read as the old column's type and checked as the new one's:
// what does not fit is a *RowError, and the caller rolls everything back. It
// ends with ctx.
func (w *writer) rebuild(ctx context.Context, s, have *schema.Schema) error {
	c := w.conn
	before, err := c.dependents()
	if err != nil {
		return err
	}
	own, err := c.taggedIndexes(have)
	if err != nil {
		return err
	}
	kept, err := c.texts(`SELECT sql FROM sqlite_schema WHERE tbl_name = ` + schema.SQLite().Literal(s.Name()) +
		` COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL` +
		` AND name NOT IN (` + literals(own) + `) ORDER BY type, name`)
	if err != nil {
		return err
	}
	fresh, err := s.Named(rebuilding)
	if err != nil {
		return err
	}
	if err := c.Exec(fresh.CreateTable(schema.SQLite())[0]); err != nil {
		return err
	}
	if err := w.convert(ctx, s, have); err != nil {
		return err
	}
	quote := schema.SQLite().Quote
	// legacy_alter_table leaves the views and triggers of others alone, which
	// speak of the table by its old name.
	statements := []string{
		"PRAGMA legacy_alter_table=ON",
		"DROP TABLE " + quote(s.Name()),
		"ALTER TABLE " + quote(rebuilding) + " RENAME TO " + quote(s.Name()),
		"PRAGMA legacy_alter_table=OFF",
	}
	statements = append(statements, s.CreateTable(schema.SQLite())[1:]...)
	for _, sql := range statements {
		if err := c.Exec(sql); err != nil {
			_ = c.Exec("PRAGMA legacy_alter_table=OFF")
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	for _, sql := range kept {
		if err := c.Exec(sql); err != nil {
			return w.dependentError(s.Name(), "what was made by "+sql, err)
		}
	}
	return w.compareDependents(s.Name(), before)
}

// taggedIndexes are the names of the indexes that come from the struct's tags.
func (c *conn) taggedIndexes(s *schema.Schema) ([]string, error) {
	indexes, err := c.ownIndexes(s.Name(), s.Indexes(), s.IndexNames, false)
	if err != nil {
		return nil, err
	}
	uniques, err := c.ownIndexes(s.Name(), s.Uniques(), s.UniqueNames, true)
	return append(indexes, uniques...), err
}

// literals is names as a list in SQL.
func literals(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = schema.SQLite().Literal(name)
	}
	return strings.Join(quoted, ", ")
}

// convert copies the rows of have into the new table, in their order.
func (w *writer) convert(ctx context.Context, s, have *schema.Schema) error {
	shared, from, err := w.shared(s, have)
	if err != nil {
		return err
	}
	p := newPlan(shared, w.file.opts.MaxValue)
	in := newInserter(w.conn, p, schema.Append)
	defer in.close()
	st, _, err := w.conn.Prepare(have.Select(schema.SQLite(), "") + " ORDER BY rowid")
	if err != nil {
		return err
	}
	defer st.Close()
	reader := newRowReader(st, have.Columns())
	r := &reader
	enc := record.NewEncoder(p.columns, w.file.opts.MaxValue)
	batch := &encoded{plan: p}
	flush := func() error {
		_, err := in.insert(batch, ctx.Err)
		batch.rows, batch.records, batch.ends = 0, batch.records[:0], batch.ends[:0]
		return err
	}
	rows := 0
	for ; st.Step(); rows++ {
		enc.Reset()
		for i, at := range from {
			err := convertValue(enc, i, &p.columns[i], r, at)
			if r.err != nil { // it could not even be read
				err = r.err
			}
			if err != nil {
				return convertError(s, p, rows, err)
			}
		}
		if err := enc.Err(); err != nil {
			return convertError(s, p, rows, err)
		}
		batch.records = enc.AppendTo(batch.records)
		batch.ends = append(batch.ends, len(batch.records))
		if batch.rows++; batch.rows == p.perStmt {
			if err := flush(); err != nil {
				return broken(s, err)
			}
		}
	}
	if err := st.Err(); err != nil {
		return err
	}
	if err := flush(); err != nil {
		return broken(s, err)
	}
	stored, err := w.conn.int64("SELECT count(*) FROM " + schema.SQLite().Quote(rebuilding))
	if err == nil && stored != int64(rows) {
		err = rowsLost(stored, rows, p)
	}
	return err
}

// convertError says which row of the old table, counted from 0 in its order,
// does not fit the new one.
func convertError(s *schema.Schema, p *plan, row int, err error) error {
	e := p.rowError(row, err)
	e.Table = s.Name()
	return e
}

// broken says that rows of the table break a rule of the new one.
func broken(s *schema.Schema, err error) error {
	if !errors.Is(err, sqlite3.CONSTRAINT) {
		return err
	}
	return fmt.Errorf("table %q has rows that break its new rules: %w: %w", s.Name(), store.ErrConstraint, err)
}

// shared is the columns of s that the table had, as a table to insert into,
// and for each the old one's index. New columns get their default or NULL.
func (w *writer) shared(s, have *schema.Schema) (*schema.Schema, []int, error) {
	var columns []schema.Column
	var from []int
	sources := schema.Sources(s, have)
	for i, c := range s.Columns() {
		switch {
		case sources[i] >= 0:
			columns, from = append(columns, c), append(from, sources[i])
		case !c.Nullable && c.Default == "":
			rows, err := w.conn.int64("SELECT EXISTS (SELECT 1 FROM " + schema.SQLite().Quote(s.Name()) + ")")
			if err != nil {
				return nil, nil, err
			}
			if rows > 0 {
				return nil, nil, &store.MismatchError{Path: w.file.path, Table: s.Name(),
					Changes: []schema.Change{{Kind: schema.Added, Column: c.Name, Want: c.Spec(), Risk: schema.Rebuild}},
					Reason:  "a new column that cannot be NULL has no default for the rows that are there",
					Hint:    "tag it null or default="}
			}
		}
	}
	if len(columns) == 0 {
		return nil, nil, &store.MismatchError{Path: w.file.path, Table: s.Name(), Reason: "it shares no column with the struct"}
	}
	shared, err := schema.New(rebuilding, columns)
	return shared, from, err
}
