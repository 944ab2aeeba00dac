package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/galley-db/galley/schema"
)

// A table that another program drops and creates again, with the same columns, has
// lost its rows, and galley_batches still says that they are stored. So galley_meta
// has of each table its number in pg_class, that of galley_meta itself, and the last
// entry of the table in the history. Where only the first number is another, the
// table was created by other means. A dump that is restored changes both numbers,
// and an older galley, which does not write them, the entry.

// placePrefix begins the names in galley_meta that are of tables.
const placePrefix = "table "

// placeSQL is a table's numbers, as the parts of a text.
func (db *DB) placeSQL(s *schema.Schema) string {
	literal := schema.Postgres().Literal
	return literal(db.quoted(s.Name())) + "::regclass::oid AS own, " + literal(db.quoted(metaTable)) + "::regclass::oid AS meta, " +
		"(SELECT coalesce(max(id), 0) FROM " + db.quoted(historyTable) + ` WHERE "table" = ` + literal(s.Name()) + ") AS entry"
}

// recordPlace writes down which table has the rows of the ledger.
func (tx *transaction) recordPlace(ctx context.Context, s *schema.Schema) error {
	_, err := tx.exec(ctx, "INSERT INTO "+tx.db.quoted(metaTable)+" SELECT $1, own || ' ' || meta || ' ' || entry FROM (SELECT "+tx.db.placeSQL(s)+") AS place"+
		" ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value", placePrefix+s.Name())
	return err
}

// moved reports whether a table has another number than is written down, and whether
// another program created it.
func (db *DB) moved(ctx context.Context, q *session, s *schema.Schema) (moved, byHand bool, err error) {
	rows, err := q.rows(ctx, "SELECT m.value <> own || ' ' || meta || ' ' || entry, split_part(m.value, ' ', 1) <> own::text"+
		" AND split_part(m.value, ' ', 2) = meta::text AND split_part(m.value, ' ', 3) = entry::text FROM "+
		db.quoted(metaTable)+" AS m, (SELECT "+db.placeSQL(s)+") AS place WHERE m.name = $1", placePrefix+s.Name())
	if err != nil || len(rows) == 0 {
		return false, false, err
	}
	return rows[0][0] == "t", rows[0][1] == "t", nil
}

// lostRows says how many rows a table that another program created lacks, "" for
// none. Restoring a dump of the table, and changing it by hand, create it with its
// rows. A table whose rows may be changed counts a row in several batches.
func (db *DB) lostRows(ctx context.Context, q *session, s *schema.Schema) (string, error) {
	if _, byHand, err := db.moved(ctx, q, s); err != nil || !byHand {
		return "", err
	}
	counts, err := q.rows(ctx, "SELECT (SELECT coalesce(sum(rows), 0) FROM "+db.quoted(ledgerTable)+` WHERE "table" = $1), (SELECT count(*) FROM `+
		db.quoted(s.Name())+")", s.Name())
	if err != nil {
		return "", err
	}
	stored, err := strconv.ParseInt(counts[0][0], 10, 64)
	if err != nil {
		return "", err
	}
	rows, err := strconv.ParseInt(counts[0][1], 10, 64)
	if err != nil || rows >= stored || rows > 0 && len(s.Key())+len(s.Uniques()) > 0 {
		return "", err
	}
	return fmt.Sprintf("it was dropped and created again: it has %d rows, and its batches in galley_batches have %d; "+
		"restore the rows, or delete the table's rows in galley_batches, so that the batches can be stored again", rows, stored), nil
}
