package sqlite

import (
	"errors"
	"fmt"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/quarantine"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// reject is a row that goes into quarantine.
type reject struct {
	row string // a JSON object
	err error
}

// reject puts rows into TABLE_rejected, which it creates where there is none,
// in the transaction that has been started.
func (w *writer) reject(b *insertion, rejects []reject) error {
	if len(rejects) == 0 {
		return nil
	}
	table, err := w.openQuarantine(b.Schema)
	if err != nil {
		return err
	}
	var key any
	if b.Key != "" {
		key = b.Key
	}
	now := time.Now().UnixMicro()
	for _, r := range rejects {
		err := w.conn.run("INSERT INTO "+table+" (key, row, error, at) VALUES (?,?,?,?)", key, r.row, r.err.Error(), now)
		if err != nil {
			return err
		}
	}
	return nil
}

// openQuarantine creates the quarantine of a table if it is missing, and returns
// its quoted name.
func (w *writer) openQuarantine(s *schema.Schema) (string, error) {
	table := schema.SQLite().Quote(s.Name() + store.RejectsSuffix)
	_, another, err := w.quarantined(s)
	if err != nil {
		return "", err
	}
	if another {
		return "", &store.MismatchError{Path: w.file.path, Table: s.Name() + store.RejectsSuffix, Reason: fmt.Sprintf(
			"it is a table of its own, and its name that of the quarantine of %q; use another Options.Name", s.Name())}
	}
	return table, w.conn.Exec("CREATE TABLE IF NOT EXISTS " + table + ` (
	id INTEGER PRIMARY KEY,
	key TEXT, -- of the batch, NULL without one
	row TEXT NOT NULL, -- as JSON
	error TEXT NOT NULL,
	at INTEGER NOT NULL -- microseconds since 1970, UTC
) STRICT`)
}

// quarantined reports whether a table with the name of a table's quarantine
// exists, and whether it is another galley table.
func (w *writer) quarantined(s *schema.Schema) (there, another bool, err error) {
	name := s.Name() + store.RejectsSuffix
	n, err := w.conn.int64("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE", name)
	if err != nil || n == 0 {
		return false, false, err
	}
	n, err = w.conn.int64(`SELECT count(*) FROM galley_columns WHERE "table" = ? COLLATE NOCASE`, name)
	return true, n > 0, err
}

// sift writes a batch with Quarantine or Sift row by row, in its own transaction.
// It quarantines the rows that break a constraint, or returns them as the error.
func (g *group) sift(r *request) error {
	w := g.writer
	if err := w.start(); err != nil {
		return err
	}
	err := w.admit(r)
	if err == nil && r.result.Applied {
		if err = w.siftRows(r); err == nil {
			err = w.remark(r)
		}
	}
	if err != nil {
		w.undo()
		return err
	}
	return g.finish()
}

// errDangling is a row that refers to one that is not there, by a foreign key that
// SQLite looks at only when the transaction commits.
var errDangling = fmt.Errorf("FOREIGN KEY constraint failed: %w", sqlite3.CONSTRAINT_FOREIGNKEY)

func (w *writer) siftRows(r *request) error {
	b, total := r.batch, &r.result
	var rejects []reject
	var refused []*store.RowError
	for i := range b.encoded.rows {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if err := w.conn.Exec("SAVEPOINT row"); err != nil {
			return err
		}
		before, _, _ := w.conn.Status(sqlite3.DBSTATUS_DEFERRED_FKS, false)
		res, err := w.insertRows(b.Mode, b.encoded.one(i), never)
		if now, _, _ := w.conn.Status(sqlite3.DBSTATUS_DEFERRED_FKS, false); err == nil && now > before {
			err = errDangling
		}
		switch {
		case errors.Is(err, sqlite3.CONSTRAINT), errors.Is(err, errDangling):
			if w.conn.GetAutocommit() { // a trigger has ended the transaction
				return err
			}
			if err := w.conn.Exec("ROLLBACK TO row"); err != nil {
				return err
			}
			res = store.Result{}
			if b.Sift {
				refused = append(refused, b.encoded.refused(i, err))
			} else {
				rejects = append(rejects, reject{b.encoded.json(i), err})
			}
		case err != nil:
			return err
		}
		if err := w.conn.Exec("RELEASE row"); err != nil {
			return err
		}
		total.Inserted += res.Inserted
		total.Changed += res.Changed
		total.Unchanged += res.Unchanged
	}
	if len(refused) > 0 {
		return &store.SiftError{Table: b.Schema.Name(), Rows: refused}
	}
	total.Rejected += int64(len(rejects))
	return w.reject(b, rejects)
}

// firstRefused writes the rows of a batch one at a time, and returns the
// index and the error of the first that is refused.
func (w *writer) firstRefused(b *insertion) (int, error) {
	for i := range b.encoded.rows {
		if _, err := w.insertRows(b.Mode, b.encoded.one(i), never); err != nil {
			return i, err
		}
	}
	return 0, nil
}

// one is a batch of the i-th record alone.
func (e *encoded) one(i int) *encoded {
	rec := e.record(i)
	return &encoded{plan: e.plan, rows: 1, records: rec, ends: []int{len(rec)}}
}

// json is the i-th record as it stands in quarantine.
func (e *encoded) json(i int) string {
	text, _ := quarantine.ObjectOf(e.plan.columns, func(w schema.Writer) error { // it was encoded here: it can be parsed
		cells, err := record.Parse(e.record(i), nil)
		for k, c := range cells {
			writeCell(w, k, &e.plan.columns[k], c)
		}
		return err
	})
	return text
}

// writeCell gives a stored value back as the one that it was made of.
func writeCell(w schema.Writer, i int, column *schema.Column, c record.Cell) {
	switch kind := c.Kind(); {
	case kind == record.Null:
		w.Null(i)
	case kind == record.Integer && column.Type == schema.Time:
		w.Time(i, column.TimeOf(c.Int64()))
	case kind == record.Integer && column.Type == schema.Bool:
		w.Bool(i, c.Int64() != 0)
	case kind == record.Integer && isFloat(column): // a whole number
		w.Float64(i, c.Float64())
	case kind == record.Integer:
		w.Int64(i, c.Int64())
	case kind == record.Real:
		w.Float64(i, c.Float64())
	case kind == record.Text && column.Type == schema.Time:
		t, _ := column.ParseTime(string(c.Data)) // it was formatted here
		w.Time(i, t)
	case kind == record.Text:
		w.Text(i, string(c.Data))
	default:
		w.Blob(i, c.Data)
	}
}

// rejectRow is row i, which could not be encoded because of err.
func (p *plan) rejectRow(rows store.Rows, i int, err error) (reject, error) {
	text, bindErr := quarantine.RowJSON(p.schema, rows, i)
	if errors.Is(bindErr, store.ErrUnread) {
		return reject{}, fmt.Errorf("table %q: %w", p.schema.Name(), bindErr)
	}
	return reject{text, err}, nil // what Bind says otherwise is in err
}
