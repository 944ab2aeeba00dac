package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// source is a galley table to publish from. Rows are ordered by SQLite's row
// numbers, which rise as rows are stored.
type source struct {
	db     store.Backend
	fileID string
	schema *schema.Schema
	table  string // quoted
	rowid  string // the name under which SQL finds the row number
}

// entry is a row of the ledger.
type entry struct {
	ID   int64  `db:"id" json:"id"`
	Key  string `db:"key" json:"key"`
	Rows int64  `db:"rows" json:"rows"`
	At   int64  `db:"at" json:"at"`
}

// openSource returns the source of a table.
func openSource(ctx context.Context, db store.Backend, fileID, name string) (*source, error) {
	s, err := db.Describe(ctx, name)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, fmt.Errorf("table %q: %w: the file has no such table; galley tables FILE lists them", name, ErrSource)
	}
	src := &source{db: db, fileID: fileID, schema: s, table: store.TableSQL(db, s.Name())}
	for _, alias := range []string{"rowid", "_rowid_", "oid"} {
		taken := false
		for _, c := range s.Columns() {
			taken = taken || strings.EqualFold(c.Name, alias)
		}
		if !taken {
			src.rowid = alias
			return src, nil
		}
	}
	return nil, fmt.Errorf("table %q: %w: its columns rowid, _rowid_ and oid hide SQLite's row number; rename one of them", name, ErrSource)
}

// fileID is the id that galley gave a file when it was created.
func fileID(ctx context.Context, db store.Backend) (string, error) {
	if db.Dialect() != schema.SQLite() {
		return "", fmt.Errorf("%w: only a galley file has rows in an order that does not change; copy the tables with galley copy, and publish the file", ErrSource)
	}
	id, err := store.Value[string](ctx, db, "SELECT value FROM galley_meta WHERE name = 'id'")
	if errors.Is(err, store.ErrNoRow) {
		return "", fmt.Errorf("%w: galley_meta has no id; the file was not created by galley", ErrSource)
	}
	return id, err
}

// noRowid stands for the row number before all others. A row number may be negative
// where it is the table's key.
const noRowid = math.MinInt64

// horizon is a moment of the source: what of it is stored.
type horizon struct {
	Ledger int64 `db:"ledger"` // the last ledger row of the table
	Rowid  int64 `db:"last"`   // of the last row
	Before int64 `db:"before"` // the number of rows up to a given one
	After  int64 `db:"after"`  // and of those behind it
}

// horizon reads, in one snapshot, how far the source goes, and how many rows it
// has up to a row number.
func (s *source) horizon(ctx context.Context, upTo int64) (h horizon, err error) {
	err = fmt.Errorf("table %q: %w", s.schema.Name(), store.ErrNoRow)
	sql := fmt.Sprintf(`SELECT (SELECT coalesce(max(id), 0) FROM galley_batches WHERE "table" = ?) AS ledger,`+
		` (SELECT coalesce(max(%s), ?) FROM %s) AS last, (SELECT count(*) FROM %[2]s WHERE %[1]s <= ?) AS before,`+
		` (SELECT count(*) FROM %[2]s WHERE %[1]s > ?) AS after`, s.rowid, s.table)
	for h, err = range store.Query[horizon](ctx, s.db, sql, s.schema.Name(), noRowid, upTo, upTo) {
	}
	return h, err
}

// ledger returns the rows of the ledger up to a number, with the digest of those up
// to an earlier one and of all.
func (s *source) ledger(ctx context.Context, earlier, upTo int64) (entries []entry, before, all string, err error) {
	sum := sha256.New()
	split := false
	for e, err := range store.Query[entry](ctx, s.db,
		`SELECT id, key, rows, at FROM galley_batches WHERE "table" = ? AND id <= ? ORDER BY id`, s.schema.Name(), upTo) {
		if err != nil {
			return nil, "", "", err
		}
		if !split && e.ID > earlier {
			before, split = digest(sum.Sum(nil)), true
		}
		fmt.Fprintf(sum, "%d %d %d %d %s\n", e.ID, e.Rows, e.At, len(e.Key), e.Key)
		entries = append(entries, e)
	}
	all = digest(sum.Sum(nil))
	if !split {
		before = all
	}
	return entries, before, all, nil
}

func digest(sum []byte) string { return hex.EncodeToString(sum[:16]) }

// rows is the stream of the rows above one row number and up to another, ordered
// by these columns and then as they were stored. With whole it is the whole table,
// which galley reads several times as fast; it may also have rows that were stored
// since: the caller checks that there are none.
func (s *source) rows(above, upTo int64, order []string, whole bool) cells.Stream {
	if whole {
		return cells.TableStream(s.db, store.Select{Schema: s.schema})
	}
	by := make([]string, 0, len(order)+1)
	for _, name := range order {
		by = append(by, s.db.Dialect().Quote(name))
	}
	by = append(by, s.rowid)
	q := store.Select{Schema: s.schema, Where: s.rowid + " <= ?", Args: []any{upTo}, OrderBy: strings.Join(by, ", ")}
	if above != noRowid {
		q.Where, q.Args = fmt.Sprintf("%s > ? AND %[1]s <= ?", s.rowid), []any{above, upTo}
	}
	return cells.TableStream(s.db, q)
}

// history returns the changes of the table after an entry of its history, in order,
// and the last entry.
func (s *source) history(ctx context.Context, after int64) (changes []string, last int64, err error) {
	type line struct {
		ID      int64  `db:"id"`
		Changes string `db:"changes"`
	}
	last = after
	for l, err := range store.Query[line](ctx, s.db, `SELECT id, changes FROM galley_history WHERE "table" = ? AND id > ? ORDER BY id`, s.schema.Name(), after) {
		if err != nil {
			return nil, 0, err
		}
		changes, last = append(changes, l.Changes), l.ID
	}
	return changes, last, nil
}
