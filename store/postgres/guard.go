package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Values travel in binary form, and the server takes eight bytes for a bigint,
// a double precision or a timestamptz, whichever the column is. Another host
// may rebuild a table that this one has open, and old rows would then be
// stored as other values without a word. So each COMMIT comes with a look at
// the columns' types. What was written by then holds the table as it is until
// the transaction ends.

// oids are the numbers of the types in pg_type, which never change.
var oids = [...]uint32{
	boolean: pgtype.BoolOID, smallint: pgtype.Int2OID, integer: pgtype.Int4OID, bigint: pgtype.Int8OID,
	numeric: pgtype.NumericOID, float4: pgtype.Float4OID, float8: pgtype.Float8OID, text: pgtype.TextOID,
	jsonb: pgtype.JSONBOID, bytea: pgtype.ByteaOID, timestamp: pgtype.TimestamptzOID,
	array4: pgtype.Float4ArrayOID, array8: pgtype.Float8ArrayOID,
}

// alteredState is the SQLSTATE of an invalid number, which is how the guard
// fails.
const alteredState = "22P02"

// guardSQL is a statement that gives 0 if the table has all columns of the plan,
// of their types, and fails otherwise.
func (db *DB) guardSQL(p *plan) string {
	byType := make([][]string, len(oids))
	for i, k := range p.kinds {
		byType[k] = append(byType[k], schema.Postgres().Literal(p.columns[i].Name))
	}
	var any []string
	for k, names := range byType {
		if len(names) > 0 {
			any = append(any, fmt.Sprintf("atttypid = %d AND attname IN (%s)", oids[k], strings.Join(names, ", ")))
		}
	}
	return fmt.Sprintf("SELECT CAST(CASE WHEN count(*) = %d THEN '0' ELSE 'the table was altered' END AS integer) FROM pg_catalog.pg_attribute"+
		" WHERE attrelid = %s::regclass AND NOT attisdropped AND (%s)", len(p.columns), schema.Postgres().Literal(db.quoted(p.schema.Name())), strings.Join(any, " OR "))
}

// suspect looks whether the table is to blame for the server's refusal of
// values or names.
func (db *DB) suspect(ctx context.Context, p *plan, err error) error {
	found := db.ask(ctx, func(ctx context.Context, s *session) error {
		_, err := s.rows(ctx, p.guard)
		return err
	})
	if altered(found) || sqlState(found) == "42P01" {
		return db.alteredError(p.schema, err)
	}
	return err
}

// unaltered returns the error of a table whose columns have other types than
// its plan, by the numbers of the types in a result. Without it a vector of
// another width, or a time without a zone, would read as another value.
func (db *DB) unaltered(s *schema.Schema, types []uint32) error {
	for i, k := range db.plan(s).kinds {
		if types[i] != oids[k] {
			return db.alteredError(s, fmt.Errorf("column %q is of the server's type %d, want %d", s.Columns()[i].Name, types[i], oids[k]))
		}
	}
	return nil
}

// altered reports that err is the guard's.
func altered(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == alteredState
}

// alteredError is what has become of the batch then.
func (db *DB) alteredError(s *schema.Schema, err error) error {
	e := &store.MismatchError{Path: db.place, Table: s.Name(), Reason: "it was changed since this program opened it",
		Hint: "open the table again, with a struct that fits it"}
	return fmt.Errorf("%w: %w", e, err)
}
