package sqlite

import (
	"context"
	"iter"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/ledgersql"
	"github.com/galley-db/galley/store"
)

// Batches implements [store.Backend]. It reads a snapshot and blocks no writer.
func (db *DB) Batches(ctx context.Context, f store.BatchFilter) iter.Seq2[store.StoredBatch, error] {
	if db.Foreign() {
		return func(func(store.StoredBatch, error) bool) {}
	}
	return ledgersql.Batches(ctx, db, f)
}

// Rejected implements [store.Backend]. A table of the caller's own that has the
// name of a quarantine is not one.
func (db *DB) Rejected(ctx context.Context, f store.RejectedFilter) iter.Seq2[store.RejectedRow, error] {
	return func(yield func(store.RejectedRow, error) bool) {
		if db.Foreign() {
			return
		}
		there, err := store.Value[bool](ctx, db, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE)
			AND NOT EXISTS (SELECT 1 FROM galley_columns WHERE "table" = ?1 COLLATE NOCASE)`, f.Table+store.RejectsSuffix)
		if err != nil {
			yield(store.RejectedRow{}, err)
		}
		if there {
			ledgersql.Rejected(ctx, db, f)(yield)
		}
	}
}

// mark writes the ledger row of a batch, and reports false where its key is
// there already. It comes before the rows, in the same transaction.
func (w *writer) mark(b *insertion) (bool, error) {
	at := b.At
	if at.IsZero() {
		at = time.Now()
	}
	b.marked = at.UnixMicro()
	rows := int64(b.encoded.rows)
	if rows == 0 {
		rows = b.LedgerRows
	}
	return w.enter(b.Schema.Name(), b.Key, rows, b.marked)
}

// enter writes a row of the ledger, and reports false where the key exists.
func (w *writer) enter(table, key string, rows, at int64) (bool, error) {
	if w.ledger == nil {
		s, _, err := w.conn.PrepareFlags(`INSERT INTO galley_batches ("table", key, rows, at) VALUES (?,?,?,?)`+
			` ON CONFLICT DO NOTHING`, sqlite3.PREPARE_PERSISTENT)
		if err != nil {
			return false, err
		}
		w.ledger = s
	}
	s := w.ledger
	for _, err := range []error{
		s.BindText(1, table),
		s.BindText(2, key),
		s.BindInt64(3, rows),
		s.BindInt64(4, at),
	} {
		if err != nil {
			return false, err
		}
	}
	if err := s.Exec(); err != nil {
		return false, err
	}
	return w.conn.Changes() == 1, nil
}

// replacedBefore reports whether an attempt whose outcome is unknown has stored b.
// To replace its rows once more would count them as removed.
func (w *writer) replacedBefore(b *insertion) (bool, error) {
	if !b.unknown.Applied || !b.At.IsZero() { // a time of the caller's may be that of the batch before
		return false, nil
	}
	at, err := w.conn.int64(`SELECT at FROM galley_batches WHERE "table" = ? AND key = ?`, b.Schema.Name(), b.Key)
	return err == nil && at == b.marked, err
}

// remark has a batch's mark count the rows that were stored: some may have been
// left out since.
func (w *writer) remark(r *request) error {
	b, stored := r.batch, r.result.Inserted+r.result.Changed
	if b.Key == "" || stored == int64(b.encoded.rows) {
		return nil
	}
	return w.conn.run(`UPDATE galley_batches SET rows = ? WHERE "table" = ? AND key = ?`, stored, b.Schema.Name(), b.Key)
}

// ledgerSQL are galley's own tables in each file. galley_columns says of each
// column what its SQL type cannot (schema.Column.Spec); galley_batches names
// the batches that are stored; galley_history has each table's creation and
// changes.
const ledgerSQL = `
CREATE TABLE galley_meta (
	name TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE galley_columns (
	"table" TEXT NOT NULL,
	position INTEGER NOT NULL,
	name TEXT NOT NULL,
	spec TEXT NOT NULL,
	PRIMARY KEY ("table", position)
) STRICT, WITHOUT ROWID;
CREATE TABLE galley_batches (
	id INTEGER PRIMARY KEY,
	"table" TEXT NOT NULL,
	key TEXT NOT NULL,
	rows INTEGER NOT NULL,
	at INTEGER NOT NULL, -- microseconds since 1970, UTC
	UNIQUE ("table", key)
) STRICT;
CREATE TABLE galley_history (
	id INTEGER PRIMARY KEY,
	"table" TEXT NOT NULL,
	at INTEGER NOT NULL, -- microseconds since 1970, UTC
	fingerprint TEXT NOT NULL, -- of the table from then on
	changes TEXT NOT NULL -- one a line
) STRICT;
`

// formatVersion is the version of the tables that galley itself needs.
const formatVersion = 1
