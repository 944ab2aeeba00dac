package postgres

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galley-db/galley/internal/quarantine"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// locate finds out which row of a failed batch is to blame, by writing ever
// other numbers of its first rows in transactions that are rolled back.
func (db *DB) locate(ctx context.Context, b *store.Batch, r *rows, err error, before ...*insertion) error {
	if r.len() == 0 {
		return err
	}
	if !b.RemovesRows() { // another may have stored the key by now
		without := *b
		without.Key, without.Others = "", nil
		b = &without
	}
	var found, other error
	column := ""
	n := 1 + sort.Search(r.len()-1, func(i int) bool {
		failed, name, probeErr := db.probe(ctx, b, r.prefix(i+1), before...)
		if probeErr != nil {
			other = probeErr
		}
		if failed != nil {
			found, column = failed, name
		}
		return failed != nil
	})
	if found == nil && other == nil { // all rows but the last are good
		found, column, other = db.probe(ctx, b, r.prefix(n), before...)
	}
	if found == nil || other != nil {
		return err // the rows of others have changed meanwhile
	}
	re := refusedRow(b.Schema, n-1, found)
	blame(re, b, column)
	return re
}

// blame names the column because of which the server has refused a row of a batch, and
// the value that the row has there.
func blame(row *store.RowError, b *store.Batch, column string) {
	row.Column = column
	at, ok := b.Schema.Column(column)
	if !ok {
		return
	}
	w := quarantine.Value{Column: at}
	switch {
	case at == b.Schema.Batch() && b.Key != "":
		w.Value = b.Key
	case b.Rows.Bind(row.Row, &w) != nil:
		return
	}
	row.Err = &schema.ValueError{Column: column, Value: w.Value, Err: row.Err}
	*row = *store.NewRowError(row.Table, row.Row, row.Err) // which copies the value
}

// refusedRow says that the server has refused row i because of err.
func refusedRow(s *schema.Schema, i int, err error) *store.RowError {
	kind := kindOf(err)
	if kind == nil {
		kind = schema.ErrJSON // of class 22 only this is left: all else was checked
	}
	return store.NewRowError(s.Name(), i, fmt.Errorf("%w: %w", kind, err))
}

// probe writes a batch without committing it, behind the rows of others, and
// returns the error that blames a row, with the column that it names.
func (db *DB) probe(ctx context.Context, b *store.Batch, r *rows, before ...*insertion) (failed error, column string, err error) {
	err = db.transact(ctx, func(tx *transaction) error {
		for _, p := range before {
			if err := tx.load(ctx, tx.db.quoted(p.Schema.Name()), p.rows); err != nil {
				return err
			}
		}
		_, err := tx.write(ctx, b, r)
		if err == nil {
			err = tx.script(ctx, "SET CONSTRAINTS ALL IMMEDIATE")
		}
		if err != nil && !errors.Is(err, errUndo) && blamesRow(err) {
			failed = err
		}
		if err == nil || failed != nil {
			err = errUndo
		}
		return err
	})
	if failed != nil && err == nil {
		column, err = db.columnOf(ctx, b.Schema, failed)
	}
	return failed, column, err
}

// onlyJSON is the column that a server means which refuses JSON and names no column, ""
// if the table has several of that type.
func onlyJSON(s *schema.Schema) string {
	name := ""
	for _, c := range s.Columns() {
		switch {
		case c.Type != schema.JSON:
		case name != "":
			return ""
		default:
			name = c.Name
		}
	}
	return name
}

// columnOf is the first column of the constraint that err names, "" for none.
func (db *DB) columnOf(ctx context.Context, s *schema.Schema, err error) (string, error) {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return "", nil
	}
	switch {
	case pg.ColumnName != "":
		return pg.ColumnName, nil
	case pg.ConstraintName == "" && kindOf(err) == nil: // as refusedRow has it
		return onlyJSON(s), nil
	case pg.ConstraintName == "":
		return "", nil
	}
	var rows [][]string
	err = db.ask(ctx, func(ctx context.Context, q *session) (err error) {
		rows, err = q.rows(ctx, `SELECT a.attname FROM pg_catalog.pg_attribute a JOIN (
	SELECT conrelid AS relation, conkey[1] AS column FROM pg_catalog.pg_constraint WHERE conname = $2
	UNION ALL
	SELECT i.indrelid, i.indkey[0] FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE c.relname = $2
) k ON a.attrelid = k.relation AND a.attnum = k.column
JOIN pg_catalog.pg_class t ON t.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = $3 AND t.relname = $1 LIMIT 1`, s.Name(), pg.ConstraintName, db.namespace)
		return err
	})
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0][0], nil
}
