package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// audit returns a *MismatchError if the table itself differs from
// galley_columns: another program has altered or dropped it.
func (db *DB) audit(ctx context.Context, q *session, s *schema.Schema) error {
	rows, err := q.rows(ctx, `SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
	a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', c.relkind,
	(SELECT l.collname FROM pg_catalog.pg_collation l WHERE l.oid = a.attcollation AND to_jsonb(l) ->> 'collisdeterministic' = 'false')
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped`, db.namespace, s.Name())
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return evolve.DroppedByHand(db.place, s)
	}
	var wrong []string
	if len(rows) > 0 && rows[0][4] != "r" && rows[0][4] != "p" { // an ordinary table, or one in parts
		wrong = append(wrong, "it is not a table")
	}
	for _, r := range rows {
		// A reader need not have the DistributeBy of the writers.
		if _, ok := s.Column(r[0]); !ok && r[3] == "t" && r[0] != db.hidden(s) && !db.opts.ReadOnly {
			wrong = append(wrong, fmt.Sprintf("column %q has no default and cannot be NULL", r[0]))
		}
	}
	for _, c := range s.Columns() {
		want := sqlType(c)
		at := -1
		for i, r := range rows {
			if r[0] == c.Name {
				at = i
			}
		}
		switch {
		case at < 0:
			wrong = append(wrong, fmt.Sprintf("column %q is missing", c.Name))
		case rows[at][1] != want || (rows[at][2] == "t") == c.Nullable:
			wrong = append(wrong, fmt.Sprintf("column %q is %s, want %s", c.Name, nullness(rows[at][1], rows[at][2] == "t"), nullness(want, !c.Nullable)))
		case rows[at][5] != "": // by which two keys are one
			wrong = append(wrong, fmt.Sprintf("column %q has the collation %q, under which different texts are equal", c.Name, rows[at][5]))
		}
	}
	if len(wrong) == 0 { // else the rules may name what is missing
		if wrong, err = db.brokenRules(ctx, q, s); err != nil {
			return err
		}
	}
	if len(wrong) == 0 {
		lost, err := db.lostRows(ctx, q, s)
		if err == nil && lost != "" {
			err = &store.MismatchError{Path: db.place, Table: s.Name(), Reason: lost}
		}
		return err
	}
	return &store.MismatchError{Path: db.place, Table: s.Name(),
		Reason: strings.Join(wrong, ", ") + "; the table was altered by other means, undo that or use another Options.Name"}
}

// sqlType is a column's type as the server spells it out.
func sqlType(c schema.Column) string {
	if t := schema.Postgres().Type(c); t != "timestamptz" {
		return t
	}
	return "timestamp with time zone"
}

func nullness(sqlType string, notNull bool) string {
	if notNull {
		return sqlType + " NOT NULL"
	}
	return sqlType
}
