package sqlite

import (
	"context"
	"errors"
	"fmt"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/quarantine"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Retried is what became of a table's quarantine.
type Retried struct {
	Stored int64 // rows that are in the table now
	Left   int64 // rows that are still in quarantine
}

// Retry appends the rows in a table's quarantine that the table takes by now,
// and removes them from there, in one transaction: after a change of its
// constraints, or once the rows that they collided with are gone. Those that are
// still refused stay. The batches that the rows came with count them again.
func (db *DB) Retry(ctx context.Context, s *schema.Schema) (res Retried, err error) {
	if err := db.writable(); err != nil {
		return res, err
	}
	err = db.file.exclusively(ctx, func(w *writer) error {
		return w.transaction(func() error {
			p := db.file.plans.of(s, db.file.opts.MaxValue)
			err := w.verify(p)
			if err == nil {
				res, err = w.retry(ctx, p, s)
			}
			return err
		})
	})
	if err != nil {
		return Retried{}, explain(db.file.path, err)
	}
	return res, nil
}

// retryRows is how many rows are read at once.
const retryRows = 1000

// rejected is a row in quarantine.
type rejected struct {
	id       int64
	key, row string
	at       int64 // microseconds since 1970
}

func (w *writer) retry(ctx context.Context, p *plan, s *schema.Schema) (res Retried, err error) {
	there, another, err := w.quarantined(s)
	if err != nil || !there || another {
		return res, err
	}
	changes, err := w.retypes(s)
	if err != nil {
		return res, err
	}
	table := schema.SQLite().Quote(s.Name() + store.RejectsSuffix)
	for last := int64(0); ; {
		rows, err := w.rejectedAfter(table, last)
		if err != nil || len(rows) == 0 {
			return res, err
		}
		for _, r := range rows {
			if err := ctx.Err(); err != nil {
				return res, err
			}
			last = r.id
			stored, err := w.retryRow(p, r, otherForm(s, changes, r.at))
			if err != nil {
				return res, err
			}
			if !stored {
				res.Left++
				continue
			}
			res.Stored++
			if err := w.conn.run("DELETE FROM "+table+" WHERE id = ?", r.id); err != nil {
				return res, err
			}
			if err := w.conn.run(`UPDATE galley_batches SET rows = rows + 1 WHERE "table" = ? AND key = ?`, s.Name(), r.key); err != nil {
				return res, err
			}
		}
	}
}

func (w *writer) rejectedAfter(table string, id int64) (rows []rejected, err error) {
	st, _, err := w.conn.Prepare(fmt.Sprintf("SELECT id, coalesce(key, ''), row, at FROM %s WHERE id > %d ORDER BY id LIMIT %d", table, id, retryRows))
	if err != nil {
		return nil, err
	}
	defer st.Close()
	for st.Step() {
		rows = append(rows, rejected{st.ColumnInt64(0), st.ColumnText(1), st.ColumnText(2), st.ColumnInt64(3)})
	}
	return rows, st.Err()
}

// retryRow appends a row, and reports false where it is refused again.
func (w *writer) retryRow(p *plan, r rejected, other map[string]bool) (stored bool, err error) {
	enc := record.NewEncoder(p.columns, w.file.opts.MaxValue)
	enc.Reset()
	if quarantine.Parse(p.columns, r.row, other, enc) != nil || enc.Err() != nil {
		return false, nil
	}
	text := enc.AppendTo(nil)
	if err := w.conn.Exec("SAVEPOINT row"); err != nil {
		return false, err
	}
	_, err = w.insertRows(schema.Append, &encoded{plan: p, rows: 1, records: text, ends: []int{len(text)}}, never)
	refused := errors.Is(err, sqlite3.CONSTRAINT)
	if err != nil && (!refused || w.conn.GetAutocommit()) { // a trigger has ended the transaction
		return false, err
	}
	if refused {
		if err := w.conn.Exec("ROLLBACK TO row"); err != nil {
			return false, err
		}
	}
	return !refused, w.conn.Exec("RELEASE row")
}
