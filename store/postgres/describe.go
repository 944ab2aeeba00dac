package postgres

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
)

// Describe returns the schema of a table as galley_columns has it, nil if
// the table does not exist.
func (db *DB) Describe(ctx context.Context, table string) (s *schema.Schema, err error) {
	err = db.ask(ctx, func(ctx context.Context, q *session) error {
		s, err = db.describe(ctx, q, table)
		return err
	})
	return s, db.explain(err)
}

func (db *DB) describe(ctx context.Context, q *session, table string) (*schema.Schema, error) {
	rows, err := q.rows(ctx, "SELECT name, spec FROM "+db.quoted(columnsTable)+` WHERE "table" = $1 ORDER BY position`, table)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	columns := make([]schema.Column, len(rows))
	for i, r := range rows {
		if columns[i], err = schema.ParseSpec(r[0], r[1]); err != nil {
			return nil, fmt.Errorf("table %q: %w", table, err)
		}
	}
	return schema.New(table, columns)
}

// Tables returns the tables of the namespace, by name, as galley_columns
// describes them.
func (db *DB) Tables(ctx context.Context) (tables []*schema.Schema, err error) {
	err = db.ask(ctx, func(ctx context.Context, q *session) error {
		tables = nil
		names, err := q.rows(ctx, `SELECT DISTINCT "table" FROM `+db.quoted(columnsTable)+" ORDER BY 1")
		if err != nil {
			return err
		}
		for _, name := range names {
			s, err := db.describe(ctx, q, name[0])
			if err != nil {
				return err
			}
			tables = append(tables, s)
		}
		return nil
	})
	return tables, db.explain(err)
}
