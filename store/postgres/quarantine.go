package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/galley-db/galley/internal/quarantine"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// rejectsForm is the table for a table's rejected rows.
func (db *DB) rejectsForm(s *schema.Schema) form {
	f := form{
		table: s.Name() + store.RejectsSuffix,
		columns: []string{"id bigserial", "key text", `"row" jsonb NOT NULL`, "error text NOT NULL",
			"at timestamptz NOT NULL DEFAULT now()"},
		by: db.opts.DistributeBy,
	}
	if f.by != "" {
		f.columns = append(f.columns, schema.Postgres().Quote(rejectsPlace)+" text NOT NULL")
		f.by = rejectsPlace
	}
	return f
}

// rejectsPlace is the column by which a table for rejected rows is
// distributed: like the rows that were not rejected.
const rejectsPlace = "galley_place"

// ensureRejects makes sure that there is a table for rejected rows, unless
// another galley table has its name: that is an error of the batch that needs it.
func (db *DB) ensureRejects(ctx context.Context, s *schema.Schema) error {
	f := db.rejectsForm(s)
	if _, known := db.ensured.Load(f.table); known {
		return nil
	}
	if err := checkLength("table", f.table); err != nil {
		return err
	}
	another := false
	err := db.transact(ctx, func(tx *transaction) error {
		there, err := exists(ctx, &tx.session, db.namespace, f.table)
		if err == nil && !there {
			if err := tx.lock(ctx); err != nil {
				return err
			}
			there, err = exists(ctx, &tx.session, db.namespace, f.table)
		}
		if err != nil {
			return err
		}
		if !there {
			return tx.build(ctx, f)
		}
		own, err := db.describe(ctx, &tx.session, f.table)
		another = own != nil
		return err
	})
	if err == nil && !another {
		db.ensured.Store(f.table, true)
	}
	return err
}

// rejectsTable is the table for a batch's rejected rows, quoted.
func (tx *transaction) rejectsTable(b *store.Batch) (string, error) {
	name := b.Schema.Name() + store.RejectsSuffix
	if _, known := tx.db.ensured.Load(name); known {
		return tx.db.quoted(name), nil
	}
	return "", &store.MismatchError{Path: tx.db.place, Table: name, Reason: fmt.Sprintf(
		"it is a table of its own, and its name that of the quarantine of %q; use another Options.Name", b.Schema.Name())}
}

// sift stores the rows of the stage. It quarantines the rows that break a
// constraint, or returns them as the error where the batch has Sift. It halves a
// part that fails until the row is found.
func (tx *transaction) sift(ctx context.Context, b *store.Batch, r *rows) (res store.Result, err error) {
	for _, reject := range r.rejects {
		if err := tx.reject(ctx, b, r, reject); err != nil {
			return res, err
		}
	}
	res.Rejected = int64(len(r.rejects))
	if r.len() == 0 {
		return res, nil
	}
	var refused []*store.RowError
	err = tx.siftPart(ctx, b, r, span{0, r.total}, &res, &refused)
	if err == nil && len(refused) > 0 {
		err = &store.SiftError{Table: b.Schema.Name(), Rows: refused}
	}
	return res, err
}

func (tx *transaction) siftPart(ctx context.Context, b *store.Batch, r *rows, part span, total *store.Result, refused *[]*store.RowError) error {
	if err := tx.script(ctx, "SAVEPOINT part"); err != nil {
		return err
	}
	res, err := tx.merge(ctx, b.Mode, r, part)
	if err == nil {
		err = tx.script(ctx, "SET CONSTRAINTS ALL IMMEDIATE")
	}
	if err == nil {
		total.Inserted += res.Inserted
		total.Changed += res.Changed
		total.Unchanged += res.Unchanged
		return tx.script(ctx, "RELEASE part")
	}
	if !blamesRow(err) {
		return err
	}
	cause := err
	if err := tx.script(ctx, "ROLLBACK TO part; RELEASE part"); err != nil {
		return err
	}
	if part.to-part.from > 1 {
		middle := (part.from + part.to) / 2
		if err := tx.siftPart(ctx, b, r, span{part.from, middle}, total, refused); err != nil {
			return err
		}
		return tx.siftPart(ctx, b, r, span{middle, part.to}, total, refused)
	}
	i, ok := r.find(part.from)
	if !ok {
		return nil // the row was rejected before, when it was encoded
	}
	if b.Sift {
		*refused = append(*refused, refusedRow(b.Schema, i, cause))
		return nil
	}
	text, err := quarantine.RowJSON(b.Schema, wireRows{r}, i)
	if err != nil {
		return err
	}
	total.Rejected++
	return tx.reject(ctx, b, r, reject{text, cause})
}

// wireRows are rows as they were encoded, each behind its number.
type wireRows struct{ *rows }

func (w wireRows) Len() int { return w.len() }

// Bind writes row i as the Binder did.
func (w wireRows) Bind(i int, to schema.Writer) error {
	from := &rowReader{columns: w.plan.columns, values: w.fields(i, nil), texts: make([]string, len(w.plan.columns))}
	for i, c := range w.plan.columns {
		k := w.plan.kinds[i]
		from.at, from.oids = append(from.at, i+1), append(from.oids, oids[k])
		switch {
		case from.IsNull(i):
			to.Null(i)
		case c.Type == schema.Time:
			to.Time(i, from.Time(i))
		case k == boolean:
			to.Bool(i, from.Bool(i))
		case k == float4 || k == float8:
			to.Float64(i, from.Float64(i))
		case k == text || k == jsonb:
			to.Text(i, from.Text(i))
		case k == bytea || k == array4 || k == array8:
			to.Blob(i, from.Blob(i))
		default:
			to.Int64(i, from.Int64(i))
		}
	}
	return from.err
}

// reject puts a row into quarantine.
func (tx *transaction) reject(ctx context.Context, b *store.Batch, r *rows, row reject) error {
	sql, err := tx.rejectSQL(b)
	if err != nil {
		return err
	}
	params := tx.rejectParams(b, r, row.err)
	_, err = tx.exec(ctx, sql+" SELECT nullif($1, ''), $2"+tx.placeParam()+fmt.Sprintf(", $%d::jsonb", len(params)+1),
		append(params, row.row)...)
	return err
}

// rejectSQL begins an INSERT into quarantine.
func (tx *transaction) rejectSQL(b *store.Batch) (string, error) {
	table, err := tx.rejectsTable(b)
	if err != nil {
		return "", err
	}
	sql := "INSERT INTO " + table + " (key, error"
	if tx.db.opts.DistributeBy != "" {
		sql += ", " + schema.Postgres().Quote(rejectsPlace)
	}
	return sql + `, "row")`, nil
}

// rejectParams are the parameters of its columns but the last.
func (tx *transaction) rejectParams(b *store.Batch, r *rows, cause error) []string {
	params := []string{b.Key, strings.ReplaceAll(cause.Error(), "\x00", "\uFFFD")}
	if tx.db.opts.DistributeBy != "" {
		params = append(params, r.place)
	}
	return params
}

func (tx *transaction) placeParam() string {
	if tx.db.opts.DistributeBy == "" {
		return ""
	}
	return ", $3"
}
