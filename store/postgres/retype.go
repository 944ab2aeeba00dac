package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
)

// retype changes a column's type. Values are cast by the server, which refuses
// what is out of range; that each comes out the same is checked before.
func (e *evolution) retype(ctx context.Context, c schema.Change) error {
	want, old := pair(e.want, e.have, c.Column)
	name := schema.Postgres().Quote(want.Name)
	cast, wrong := conversion(want, old, name, e.table)
	if cast == "" {
		return e.cannot(c, "")
	}
	if wrong != "" {
		row, err := e.tx.rows(ctx, "SELECT "+name+"::text FROM "+e.table+" WHERE "+wrong+" LIMIT 1")
		if err != nil {
			return e.blame(err)
		}
		if len(row) > 0 {
			kind := schema.ErrOverflow
			if want.Type == schema.JSON {
				kind = schema.ErrJSON
			}
			return fmt.Errorf("table %q: %w", e.want.Name(), &schema.ValueError{Column: want.Name, Value: row[0][0],
				Err: fmt.Errorf("cannot convert %s to %s without changing the value: %w", old.Spec(), want.Spec(), kind)})
		}
	}
	if sqlType(want) == sqlType(old) && cast == name {
		return nil
	}
	alter := "ALTER TABLE " + e.table + " ALTER COLUMN " + name
	statements := []string{alter + " TYPE " + sqlType(want) + " USING " + cast}
	if old.Default != "" { // of the old type, which may have no cast
		statements = append([]string{alter + " DROP DEFAULT"}, statements...)
		if want.Default != "" {
			statements = append(statements, alter+" SET DEFAULT "+schema.Postgres().Default(want))
		}
	}
	return e.blame(e.tx.script(ctx, statements...))
}

// conversion is the SQL of a column's values in its new type, "" where there
// is none, and a condition for values that would not be the same, "" for none.
func conversion(want, old schema.Column, name, table string) (cast, wrong string) {
	number := func(c schema.Column) bool {
		return c.Type == schema.Float32 || c.Type == schema.Float64 || wholeNumber(c)
	}
	to := "(" + name + ")::" + sqlType(want)
	switch {
	case wholeNumber(want) && number(old):
		low, high := want.Type.Range()
		wrong = fmt.Sprintf("%s < %d OR %s > %d", name, low, name, high)
		if !wholeNumber(old) {
			wrong += " OR " + name + " <> trunc(" + name + ")"
		}
		return to, wrong
	case (want.Type == schema.Float64 || want.Type == schema.Float32) && wholeNumber(old):
		// As a float, the largest integers are 2^63, which is not a bigint.
		return to, "CASE WHEN " + to + " >= 9223372036854775808 THEN true ELSE " + to + "::bigint <> " + name + " END"
	case want.Type == schema.Float64 && number(old):
		return to, ""
	case want.Type == schema.Float32 && old.Type == schema.Float64:
		return to, to + "::" + sqlType(old) + " <> " + name
	case want.Type == schema.Text && old.Type == schema.JSON:
		return to, ""
	case want.Type == schema.JSON && old.Type == schema.Text:
		return to, "ctid IN (" + doubledNames(name, table) + ")"
	case want.Type == schema.Time && old.Type == schema.Time && sqlType(want) == sqlType(old) && kindOfColumn(&want) == timestamp:
		// Microseconds, milliseconds and seconds differ in how they are rounded.
		unit := map[schema.TimeUnit]string{schema.Micros: "microseconds", schema.Millis: "milliseconds", schema.Seconds: "second"}[want.Unit]
		return name, "date_trunc('" + unit + "', " + name + ") <> " + name
	case want.Type == old.Type && (want.Type == schema.Vector32 || want.Type == schema.Vector64):
		if want.Dim != 0 {
			wrong = fmt.Sprintf("%s IS NOT NULL AND coalesce(array_length(%s, 1), 0) <> %d", name, name, want.Dim)
		}
		return name, wrong
	case want.Type == schema.Vector64 && old.Type == schema.Vector32 && (want.Dim == 0 || want.Dim == old.Dim):
		return to, ""
	}
	return "", ""
}

// doubledNames selects the rows in which an object, at any depth, has a name
// twice: a jsonb keeps only the last value.
func doubledNames(column, table string) string {
	return "WITH RECURSIVE part(at, v) AS (SELECT ctid, " + column + "::json FROM " + table + " WHERE " + column + " IS NOT NULL" +
		" UNION ALL SELECT at, inner_part.value FROM part, LATERAL (" +
		"SELECT value FROM json_each(CASE json_typeof(v) WHEN 'object' THEN v ELSE '{}' END)" +
		" UNION ALL SELECT value FROM json_array_elements(CASE json_typeof(v) WHEN 'array' THEN v ELSE '[]' END)) AS inner_part)" +
		" SELECT at FROM part WHERE json_typeof(v) = 'object'" +
		" AND (SELECT count(*) > count(DISTINCT key) FROM json_each(CASE json_typeof(v) WHEN 'object' THEN v ELSE '{}' END))"
}

// wholeNumber reports whether a column holds integers, as numbers.
func wholeNumber(c schema.Column) bool {
	switch c.Type {
	case schema.Int8, schema.Int16, schema.Int32, schema.Int64, schema.Uint8, schema.Uint16, schema.Uint32, schema.Duration:
		return true
	}
	return c.Type == schema.Uint64 && c.Uint == schema.UintInt
}

// constraints are the names of a table's constraints of a type: p is the key,
// u a unique group, c a check.
func (e *evolution) constraints(ctx context.Context, kind string) ([][]string, error) {
	return e.tx.rows(ctx, `SELECT k.conname, coalesce((SELECT string_agg(a.attname, ', ' ORDER BY array_position(k.conkey, a.attnum))
	FROM pg_catalog.pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)), '')
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND k.contype::text = $3 ORDER BY 1`, e.tx.db.namespace, e.want.Name(), kind)
}

// drop drops a constraint.
func (e *evolution) drop(ctx context.Context, name string) error {
	return e.run(ctx, "ALTER TABLE "+e.table+" DROP CONSTRAINT "+schema.Postgres().Quote(name))
}

// rekey makes other columns the key.
func (e *evolution) rekey(ctx context.Context) error {
	keys, err := e.constraints(ctx, "p")
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := e.drop(ctx, k[0]); err != nil {
			return err
		}
	}
	if len(e.want.Key()) == 0 {
		return nil
	}
	return e.run(ctx, "ALTER TABLE "+e.table+" ADD PRIMARY KEY ("+quoteAll(e.want.Key())+")")
}

// dropUnique drops a unique group, which is a constraint if the table began
// with it, and else an index.
func (e *evolution) dropUnique(ctx context.Context, c schema.Change) error {
	columns := strings.Join(c.Group.Columns, ", ")
	groups, err := e.constraints(ctx, "u")
	if err != nil {
		return err
	}
	for _, g := range groups {
		if g[1] == columns {
			return e.drop(ctx, g[0])
		}
	}
	return e.dropIndex(ctx, []schema.Group{c.Group}, c.Group.Name, e.have.UniqueNames(c.Group.Name))
}

// dropIndex drops the index that galley made of a group: that one of its names
// which an index of this table over the same columns has. The name that galley gave
// before may belong to another table's index, or to one that another program created.
func (e *evolution) dropIndex(ctx context.Context, groups []schema.Group, group string, names []string) error {
	for _, g := range groups {
		if g.Name != group {
			continue
		}
		own, err := e.tx.rows(ctx, `SELECT i.relname FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
WHERE x.indrelid = $1::regclass AND i.relname IN ($2, $3) AND x.indpred IS NULL AND $4 = (SELECT string_agg(a.attname, ', ' ORDER BY k.at)
	FROM unnest(x.indkey::smallint[]) WITH ORDINALITY AS k(attnum, at) JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum)`,
			e.table, names[0], names[1], strings.Join(g.Columns, ", "))
		if err != nil {
			return err
		}
		for _, name := range own {
			if err := e.run(ctx, "DROP INDEX "+e.tx.db.quoted(name[0])); err != nil {
				return err
			}
		}
	}
	return nil
}
