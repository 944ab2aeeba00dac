package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// stage is the temporary table through which rows go that are not simply
// appended. Its rows are numbered.
const stage = "pg_temp.galley_stage"

// writeStaged loads rows into the stage, and from there into the table as the
// batch's mode says.
func (tx *transaction) writeStaged(ctx context.Context, b *store.Batch, r *rows) (res store.Result, err error) {
	if r.len() > 0 {
		// The stage has the table's checks, so that they also hold for a row
		// that a later one of the same key replaces. In quarantine the table
		// itself finds the rows.
		like := " INCLUDING DEFAULTS" // of columns that the struct does not have
		if !b.Quarantine {
			like += " INCLUDING CONSTRAINTS"
		}
		err := tx.script(ctx, "CREATE TEMPORARY TABLE galley_stage (LIKE "+tx.db.quoted(b.Schema.Name())+like+", "+
			schema.Postgres().Quote(r.plan.row)+" bigint NOT NULL) ON COMMIT DROP")
		if err != nil {
			return res, err
		}
		if err := tx.load(ctx, stage, r); err != nil {
			return res, err
		}
	}
	if b.Quarantine {
		return tx.sift(ctx, b, r)
	}
	return tx.merge(ctx, b.Mode, r, span{0, r.total})
}

// span is the rows of the stage with numbers from from up to, not including,
// to.
type span struct{ from, to int }

func (s span) where(column string) string {
	return fmt.Sprintf("%s >= %d AND %s < %d", column, s.from, column, s.to)
}

// merge puts rows of the stage into the table.
func (tx *transaction) merge(ctx context.Context, mode schema.Mode, r *rows, part span) (res store.Result, err error) {
	if r.len() == 0 {
		return res, nil
	}
	p := r.plan
	if mode == schema.Upsert {
		for _, run := range r.runs(part) {
			one, err := tx.upsert(ctx, r, run)
			if err != nil {
				return res, err
			}
			res.Inserted, res.Changed, res.Unchanged = res.Inserted+one.Inserted, res.Changed+one.Changed, res.Unchanged+one.Unchanged
		}
		return res, nil
	}
	number := schema.Postgres().Quote(p.row)
	sql := "INSERT INTO " + tx.db.quoted(p.schema.Name()) + " (" + p.stored() + ") SELECT " + p.stored() +
		" FROM " + stage + " WHERE " + part.where(number) + " ORDER BY " + p.lockOrder()
	if mode == schema.Ignore {
		sql += " ON CONFLICT DO NOTHING"
	}
	if res.Inserted, err = tx.exec(ctx, sql); err != nil {
		return res, err
	}
	rows := int64(r.len())
	if part.to-part.from < r.total {
		if rows, err = tx.count(ctx, "FROM "+stage+" WHERE "+part.where(number)); err != nil {
			return res, err
		}
	}
	if res.Unchanged = rows - res.Inserted; mode == schema.Append && res.Unchanged != 0 {
		return res, fmt.Errorf("table %q: %w: %d of %d; look for a trigger or rule that drops rows",
			p.schema.Name(), store.ErrRowsLost, res.Inserted, rows)
	}
	return res, nil
}

func (tx *transaction) count(ctx context.Context, from string) (int64, error) {
	row, err := tx.row(ctx, "SELECT count(*) "+from)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(row[0], 10, 64)
}

// upsert stores rows of the stage by the table's key, as if one by one: of
// rows that share a key the last one stays, and each is counted against the
// one before it.
//
// One INSERT may touch a row only once. So the first row of each key goes in
// by INSERT, which also locks the rows that exist; what comes after it is
// compared within the stage, and the last of it put over the first.
func (tx *transaction) upsert(ctx context.Context, r *rows, part span) (res store.Result, err error) {
	p := r.plan
	q := upsertSQL{table: tx.db.quoted(p.schema.Name()), plan: p, part: part}
	if len(p.schema.Uniques()) > 0 {
		if _, err := tx.exec(ctx, q.lock()); err != nil {
			return res, err
		}
	}
	counts, err := tx.row(ctx, q.first())
	if err != nil {
		return res, err
	}
	var total, firsts, touched int64
	for i, n := range []*int64{&total, &firsts, &touched, &res.Inserted} {
		if *n, err = strconv.ParseInt(counts[i], 10, 64); err != nil {
			return res, err
		}
	}
	res.Changed, res.Unchanged = touched-res.Inserted, firsts-touched
	if res.Unchanged > 0 { // what was not touched must be there, unless a trigger dropped it
		lost, err := tx.count(ctx, q.lost())
		if err != nil {
			return res, err
		}
		if lost > 0 {
			return res, fmt.Errorf("table %q: %w: %d; look for a trigger or rule that drops rows", p.schema.Name(), store.ErrRowsLost, lost)
		}
	}
	if total == firsts {
		return res, nil
	}
	changed, err := tx.count(ctx, q.changes())
	if err != nil {
		return res, err
	}
	res.Changed += changed
	res.Unchanged += total - firsts - changed
	_, err = tx.exec(ctx, q.last())
	return res, err
}

// upsertSQL are the statements of an upsert.
type upsertSQL struct {
	table string // quoted
	plan  *plan
	part  span
}

// names are the columns outside the key, quoted.
func (q upsertSQL) names() (names []string) {
	for _, c := range q.plan.columns {
		if !c.Key {
			names = append(names, schema.Postgres().Quote(c.Name))
		}
	}
	return names
}

// values are the columns outside the key as they are compared: exactly. As
// arrays, 0 and -0 are equal, and so are all NaN.
func (q upsertSQL) values(of func(name string) string) string {
	var values []string
	for i, c := range q.plan.columns {
		if c.Key {
			continue
		}
		value := of(schema.Postgres().Quote(c.Name))
		if k := q.plan.kinds[i]; k == array4 || k == array8 {
			value = "pg_catalog.array_send(" + value + ")"
		}
		values = append(values, value)
	}
	return "(" + strings.Join(values, ", ") + ")"
}

// behind is for values of a table.
func behind(prefix string) func(string) string {
	return func(name string) string { return prefix + name }
}

// sameKey compares two rows' keys.
func (q upsertSQL) sameKey(a, b string) string {
	var same []string
	for _, name := range q.plan.schema.Key() {
		name = schema.Postgres().Quote(name)
		same = append(same, a+name+" = "+b+name)
	}
	return strings.Join(same, " AND ")
}

// nth and rest are a row's number among those of the same key, from the first
// and from the last.
func (q upsertSQL) nth() string  { return schema.Postgres().Quote(q.plan.row + "_nth") }
func (q upsertSQL) rest() string { return schema.Postgres().Quote(q.plan.row + "_rest") }

// numbered is the part's rows with these numbers.
func (q upsertSQL) numbered() string {
	number := schema.Postgres().Quote(q.plan.row)
	over := " row_number() OVER (PARTITION BY " + quoteAll(q.plan.schema.Key()) + " ORDER BY " + number
	return "(SELECT *," + over + ") AS " + q.nth() + "," + over + " DESC) AS " + q.rest() +
		" FROM " + stage + " WHERE " + q.part.where(number) + ") AS s"
}

// first stores the first row of each key and counts: all rows, the first ones,
// those of them that were written, those that were new. A row that is new has
// no xmax: https://www.postgresql.org/docs/current/ddl-system-columns.html.
func (q upsertSQL) first() string {
	set, differ := q.names(), "false"
	if len(set) > 0 {
		differ = q.values(behind("t.")) + " IS DISTINCT FROM " + q.values(behind("excluded."))
	} else {
		// The key is all there is. DO NOTHING would not lock the row, which
		// another transaction could delete until this one commits.
		set = append(set, schema.Postgres().Quote(q.plan.schema.Key()[0]))
	}
	for i, name := range set {
		set[i] = name + " = excluded." + name
	}
	action := "UPDATE SET " + strings.Join(set, ", ") + " WHERE " + differ
	return "WITH written AS (INSERT INTO " + q.table + " AS t (" + q.plan.stored() + ") SELECT " + q.plan.stored() + " FROM " + q.numbered() +
		" WHERE " + q.nth() + " = 1 ORDER BY " + q.plan.lockOrder() + " ON CONFLICT (" + quoteAll(q.plan.schema.Key()) + ") DO " + action +
		" RETURNING xmax = 0 AS fresh) SELECT count(*), count(*) FILTER (WHERE " + q.nth() + " = 1)," +
		" (SELECT count(*) FROM written), (SELECT count(*) FROM written WHERE fresh) FROM " + q.numbered()
}

// lost are the rows that should be in the table and are not.
func (q upsertSQL) lost() string {
	return "FROM " + q.numbered() + " WHERE NOT EXISTS (SELECT 1 FROM " + q.table + " AS t WHERE " + q.sameKey("t.", "s.") + ")"
}

// changes are the rows that differ from the one of the same key before them.
func (q upsertSQL) changes() string {
	names := q.names()
	if len(names) == 0 {
		return "WHERE false" // the key is all there is
	}
	window := " OVER (PARTITION BY " + quoteAll(q.plan.schema.Key()) + " ORDER BY " + q.nth() + ")"
	before := q.values(func(name string) string { return "lag(" + name + ")" + window })
	return "FROM (SELECT " + q.nth() + ", " + q.values(behind("")) + " IS DISTINCT FROM " + before + " AS differs FROM " +
		q.numbered() + ") AS d WHERE " + q.nth() + " > 1 AND differs"
}

// last puts the last row of each key over the first.
func (q upsertSQL) last() string {
	names := q.names()
	if len(names) == 0 {
		return "SELECT 1"
	}
	set := q.names()
	for i, name := range set {
		set[i] = name + " = s." + name
	}
	return "UPDATE " + q.table + " AS t SET " + strings.Join(set, ", ") + " FROM " + q.numbered() +
		" WHERE " + q.rest() + " = 1 AND " + q.nth() + " > 1 AND " + q.sameKey("t.", "s.") +
		" AND " + q.values(behind("t.")) + " IS DISTINCT FROM " + q.values(behind("s."))
}

// lock locks the rows that the part will change, in the order of the key.
func (q upsertSQL) lock() string {
	return "SELECT FROM " + q.table + " AS t WHERE EXISTS (SELECT FROM " + stage + " AS s WHERE " + q.part.where(schema.Postgres().Quote(q.plan.row)) +
		" AND " + q.sameKey("t.", "s.") + ") ORDER BY " + quoteAll(q.plan.schema.Key()) + " FOR UPDATE"
}

// lockOrder is the order in which rows of the stage go into the table: by the
// key, as for all who write, so that two transactions with equal keys do not
// wait for each other. In a unique group a row may make room for one after it,
// and the order is the batch's.
func (p *plan) lockOrder() string {
	number := schema.Postgres().Quote(p.row)
	if key := p.schema.Key(); len(key) > 0 && len(p.schema.Uniques()) == 0 {
		return quoteAll(key) + ", " + number
	}
	return number
}
