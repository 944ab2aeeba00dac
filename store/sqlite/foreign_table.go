package sqlite

import (
	"fmt"
	"strings"
	"sync"

	"github.com/galley-db/galley/internal/sqlitetype"
	"github.com/galley-db/galley/schema"
)

// foreign are the tables of a file that galley did not create, as far as they have
// been looked at.
type foreign struct {
	mu     sync.Mutex
	tables map[string]*schema.Schema // by name in lower case; nil for none of the name
}

// foreignTable describes a table by what it declares and holds, nil if the file
// has none of the name.
func (c *conn) foreignTable(name string) (*schema.Schema, error) {
	c.foreign.mu.Lock()
	defer c.foreign.mu.Unlock()
	folded := strings.ToLower(name)
	if s, known := c.foreign.tables[folded]; known {
		return s, nil
	}
	own, err := c.text(sqlitetype.TableNames+" AND name = ? COLLATE NOCASE", name)
	if err != nil {
		return nil, err
	}
	var s *schema.Schema
	if own != "" {
		if s, err = c.describeForeign(own); err != nil {
			return nil, fmt.Errorf("table %q: %w", own, err)
		}
	}
	if c.foreign.tables == nil {
		c.foreign.tables = map[string]*schema.Schema{}
	}
	c.foreign.tables[folded] = s
	return s, nil
}

// describeForeign reads a table to its end.
func (c *conn) describeForeign(name string) (*schema.Schema, error) {
	st, _, err := c.Prepare(`SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?, 'main') WHERE hidden <> 1 ORDER BY cid`)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	if err := st.BindText(1, name); err != nil {
		return nil, err
	}
	var columns []schema.Column
	var types []string
	for st.Step() {
		columns = append(columns, schema.Column{Name: st.ColumnText(0), Nullable: !st.ColumnBool(2), Key: st.ColumnInt(3) > 0})
		types = append(types, st.ColumnText(1))
	}
	if err := st.Err(); err != nil {
		return nil, err
	}
	found, err := c.foreignValues(name, columns)
	if err != nil {
		return nil, err
	}
	keyed := true // without NULLs, which a key of SQLite may have
	for i := range columns {
		keyed = keyed && (!columns[i].Key || found[i].Nulls == 0)
	}
	for i := range columns {
		col := &columns[i]
		col.Type, col.Unit, _ = sqlitetype.Type(types[i], found[i])
		col.Key = col.Key && keyed
		col.Nullable = !col.Key && (col.Nullable || found[i].Nulls > 0)
	}
	return schema.New(name, columns)
}

// countedColumns bounds the columns of one statement that counts values: SQLite
// returns at most 2,000 results, and each column has 6.
const countedColumns = 300

// foreignValues counts the values of each column.
func (c *conn) foreignValues(table string, columns []schema.Column) ([]sqlitetype.Values, error) {
	quote := schema.SQLite().Quote
	found := make([]sqlitetype.Values, len(columns))
	for from := 0; from < len(columns); from += countedColumns {
		part := columns[from:min(from+countedColumns, len(columns))]
		var counts []string
		for _, col := range part {
			counts = append(counts, sqlitetype.Counts(quote(col.Name)))
		}
		st, _, err := c.Prepare("SELECT " + strings.Join(counts, ", ") + " FROM main." + quote(table))
		if err != nil {
			return nil, err
		}
		if st.Step() {
			for i := range part {
				v := &found[from+i]
				for k, n := range []*int64{&v.Ints, &v.Reals, &v.Texts, &v.Blobs, &v.Nulls} {
					*n = st.ColumnInt64(6*i + k)
				}
				v.Bools = v.Ints > 0 && st.ColumnInt64(6*i+5) == v.Ints
			}
		}
		if err := st.Err(); err != nil {
			_ = st.Close()
			return nil, err
		}
		if err := st.Close(); err != nil {
			return nil, err
		}
	}
	for i := range columns {
		if err := c.foreignTimes(table, columns[i].Name, &found[i]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// foreignTimes finds out whether a column's texts are all RFC 3339.
func (c *conn) foreignTimes(table, column string, v *sqlitetype.Values) error {
	if v.Texts == 0 {
		return nil
	}
	name := schema.SQLite().Quote(column)
	st, _, err := c.Prepare("SELECT " + name + " FROM main." + schema.SQLite().Quote(table) + " WHERE typeof(" + name + ") = 'text'")
	if err != nil {
		return err
	}
	defer st.Close()
	as := schema.Column{Name: column, Type: schema.Time, Unit: schema.RFC3339}
	for v.Times = true; v.Times && st.Step(); {
		_, err := as.ParseTime(st.ColumnText(0))
		v.Times = err == nil
	}
	return st.Err()
}
