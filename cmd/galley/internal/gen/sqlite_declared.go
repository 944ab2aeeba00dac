package gen

import (
	"strings"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/sqlitetype"
	"github.com/galley-db/galley/schema"
)

// declared makes the columns of a table that galley did not create.
func (d *database) declared(t *Table) error {
	t.Notes = append(t.Notes, "CHECK constraints, foreign keys, triggers and collations are not carried over.")
	err := d.each(func(st *sqlite3.Stmt) error {
		if hidden := st.ColumnInt(5); hidden != 0 {
			t.Notes = append(t.Notes, "column "+st.ColumnText(0)+" is generated and left out.")
			return nil
		}
		c := Column{Column: schema.Column{Name: st.ColumnText(0), Nullable: !st.ColumnBool(2), Key: st.ColumnInt(4) > 0}}
		if c.Key {
			c.Nullable = false
		}
		decl := st.ColumnText(1)
		found, err := d.values(t.Name, c.Name)
		if err != nil {
			return err
		}
		var why string
		c.Type, c.Unit, why = sqlitetype.Type(decl, found)
		shown := decl
		if shown == "" {
			shown = "no declared type"
		}
		c.Note = shown + why
		if c.Key && found.Nulls > 0 {
			c.Note += "; " + count(int(found.Nulls), "row") + " with NULL in this key"
		}
		if text := st.ColumnText(3); st.ColumnType(3) != sqlite3.NULL {
			c.Default = text
			if _, err := schema.New("t", []schema.Column{c.Column}); err != nil {
				c.Default = ""
				c.Note += "; its default " + text + " is not a literal of the column's type"
			}
		}
		t.Columns = append(t.Columns, c)
		return nil
	}, "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid", t.Name)
	if err != nil {
		return err
	}
	return d.indexes(t)
}

func (d *database) values(table, column string) (v sqlitetype.Values, err error) {
	q := schema.SQLite().Quote
	name := q(column)
	err = d.each(func(st *sqlite3.Stmt) error {
		for i, n := range []*int64{&v.Ints, &v.Reals, &v.Texts, &v.Blobs, &v.Nulls} {
			*n = st.ColumnInt64(i)
		}
		v.Bools = v.Ints > 0 && st.ColumnInt64(5) == v.Ints
		return nil
	}, "SELECT "+sqlitetype.Counts(name)+" FROM "+q(table))
	if err != nil || v.Texts == 0 {
		return v, err
	}
	v.Times = true
	c := schema.Column{Name: column, Type: schema.Time, Unit: schema.RFC3339}
	err = d.each(func(st *sqlite3.Stmt) error {
		if v.Times {
			_, err := c.ParseTime(st.ColumnText(0))
			v.Times = err == nil
		}
		return nil
	}, "SELECT "+name+" FROM "+q(table)+" WHERE typeof("+name+") = 'text'")
	return v, err
}

// indexes carries over the indexes that a tag can say: of whole columns, in
// the table's order, and one of each sort a column.
func (d *database) indexes(t *Table) error {
	place := map[string]int{}
	for i, c := range t.Columns {
		place[c.Name] = i
	}
	groups := map[bool]map[string]bool{true: {}, false: {}} // that are taken, of uniques and others
	return d.each(func(st *sqlite3.Stmt) error {
		name, unique := st.ColumnText(0), st.ColumnBool(1)
		columns, err := d.texts("SELECT coalesce(name, '') FROM pragma_index_info(?) ORDER BY seqno", name)
		if err != nil {
			return err
		}
		last := -1
		ok := !st.ColumnBool(2) // a partial index is another thing
		for _, column := range columns {
			i, known := place[column]
			taken := known && (unique && t.Columns[i].Unique != "" || !unique && t.Columns[i].Index != "")
			ok = ok && known && !taken && i > last
			last = i
		}
		group := groupName(name, columns)
		if !ok || group == "" || groups[unique][strings.ToLower(group)] {
			t.Notes = append(t.Notes, "index "+name+" is not carried over.")
			return nil
		}
		groups[unique][strings.ToLower(group)] = true
		for _, column := range columns {
			if c := &t.Columns[place[column]]; unique {
				c.Unique = group
			} else {
				c.Index = group
			}
		}
		return nil
	}, "SELECT name, \"unique\", partial FROM pragma_index_list(?) WHERE origin != 'pk' ORDER BY seq DESC", t.Name)
}

// groupName is the name that a tag gives to an index: that of its only
// column, or the index's own, or one made of its columns where SQLite made the
// index's up. It is "" for a name that a tag cannot say.
func groupName(index string, columns []string) string {
	if len(columns) == 1 {
		return columns[0]
	}
	if strings.HasPrefix(index, "sqlite_") {
		index = strings.Join(columns, "_")
	}
	if strings.ContainsAny(index, ",()'\"`;-/") {
		return ""
	}
	return index
}
