package store

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// reject is a row that goes into quarantine.
type reject struct {
	row string // a JSON object
	err error
}

// reject puts rows into TABLE_rejected, which it creates where there is none,
// in the transaction that has been started.
func (w *writer) reject(b *Batch, rejects []reject) error {
	if len(rejects) == 0 {
		return nil
	}
	table := schema.SQLite().Quote(b.Schema.Name() + RejectsSuffix)
	err := w.conn.Exec("CREATE TABLE IF NOT EXISTS " + table + ` (
	id INTEGER PRIMARY KEY,
	key TEXT, -- of the batch, NULL without one
	row TEXT NOT NULL, -- as JSON
	error TEXT NOT NULL,
	at INTEGER NOT NULL -- microseconds since 1970, UTC
) STRICT`)
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

// sift writes a batch with Quarantine row by row, in a transaction of its
// own, and puts aside those that break a constraint.
func (g *group) sift(r *request) error {
	w, b, e := g.writer, r.batch, r.batch.encoded
	if err := w.start(); err != nil {
		return err
	}
	rows := e.rows
	e.rows = 0 // the key and what was rejected before: not yet the rows
	err := w.write(r)
	e.rows = rows
	if err == nil && r.result.Applied {
		err = w.siftRows(b, &r.result)
	}
	if err != nil {
		w.undo()
		return err
	}
	return g.finish()
}

func (w *writer) siftRows(b *Batch, total *Result) error {
	var rejects []reject
	for i := range b.encoded.rows {
		if err := w.conn.Exec("SAVEPOINT row"); err != nil {
			return err
		}
		res, err := w.insertRows(b.Mode, b.encoded.one(i), never)
		switch {
		case errors.Is(err, sqlite3.CONSTRAINT):
			if err := w.conn.Exec("ROLLBACK TO row"); err != nil {
				return err
			}
			rejects = append(rejects, reject{b.encoded.json(i), err})
		case err != nil:
			return err
		}
		if err := w.conn.Exec("RELEASE row"); err != nil {
			return err
		}
		total.Inserted += res.Inserted
		total.Changed += res.Changed
		total.Left += res.Left
	}
	total.Rejected += int64(len(rejects))
	return w.reject(b, rejects)
}

// firstRefused writes the rows of a batch one at a time, and returns the
// index and the error of the first that is refused.
func (w *writer) firstRefused(b *Batch) (int, error) {
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

// json is the i-th record as a JSON object.
func (e *encoded) json(i int) string {
	cells, err := record.Parse(e.record(i), nil)
	j := rowJSON{}
	for k, c := range cells {
		name := e.plan.columns[k].Name
		switch c.Kind() {
		case record.Null:
			j[name] = nil
		case record.Integer:
			j[name] = c.Int64()
		case record.Real:
			j[name] = jsonFloat(c.Float64())
		case record.Text:
			j[name] = string(c.Data)
		default:
			j[name] = c.Data
		}
	}
	if err != nil {
		return "{}" // it was encoded here: it can be parsed
	}
	return j.String()
}

// rejectRow is row i, which could not be encoded because of err.
func (p *plan) rejectRow(rows Rows, i int, err error) reject {
	j := rowJSON{}
	if bindErr := rows.Bind(i, jsonWriter{p.columns, j}); bindErr != nil {
		err = errors.Join(err, bindErr)
	}
	return reject{j.String(), err}
}

// rowJSON is a row by column. Blobs are base64, and numbers that JSON does
// not have are text.
type rowJSON map[string]any

func (j rowJSON) String() string {
	b, err := json.Marshal(map[string]any(j)) // replaces what is not UTF-8
	if err != nil {
		return "{}" // values are of plain types
	}
	return string(b)
}

// jsonFloat is a float, or its name where it is not finite.
func jsonFloat(v float64) any {
	if _, err := json.Marshal(v); err != nil {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return v
}

// jsonWriter takes a row whatever its values are.
type jsonWriter struct {
	columns []schema.Column
	row     rowJSON
}

func (w jsonWriter) set(i int, v any) {
	if i >= 0 && i < len(w.columns) {
		w.row[w.columns[i].Name] = v
	}
}

func (w jsonWriter) Null(i int)               { w.set(i, nil) }
func (w jsonWriter) Bool(i int, v bool)       { w.set(i, v) }
func (w jsonWriter) Int64(i int, v int64)     { w.set(i, v) }
func (w jsonWriter) Float64(i int, v float64) { w.set(i, jsonFloat(v)) }
func (w jsonWriter) Text(i int, v string)     { w.set(i, v) }
func (w jsonWriter) Blob(i int, v []byte)     { w.set(i, append([]byte(nil), v...)) }
func (w jsonWriter) Time(i int, v time.Time)  { w.set(i, v.Format(time.RFC3339Nano)) }
