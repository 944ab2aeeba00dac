package gen

import (
	"strings"

	sqlite3 "github.com/ncruces/go-sqlite3"

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
		c.Type, c.Unit, why = columnType(decl, found)
		shown := decl
		if shown == "" {
			shown = "no declared type"
		}
		c.Note = shown + why
		if c.Key && found.nulls > 0 {
			c.Note += "; " + count(int(found.nulls), "row") + " with NULL in this key"
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

// values are what a column of an SQLite table holds.
type values struct {
	ints, reals, texts, blobs, nulls int64
	bools                            bool // the integers are all 0 or 1
	times                            bool // the texts are all RFC 3339
}

func (d *database) values(table, column string) (v values, err error) {
	q := schema.SQLite().Quote
	name := q(column)
	err = d.each(func(st *sqlite3.Stmt) error {
		for i, n := range []*int64{&v.ints, &v.reals, &v.texts, &v.blobs, &v.nulls} {
			*n = st.ColumnInt64(i)
		}
		v.bools = v.ints > 0 && st.ColumnInt64(5) == v.ints
		return nil
	}, "SELECT count(*) FILTER (WHERE typeof("+name+") = 'integer'), count(*) FILTER (WHERE typeof("+name+") = 'real'),"+
		" count(*) FILTER (WHERE typeof("+name+") = 'text'), count(*) FILTER (WHERE typeof("+name+") = 'blob'),"+
		" count(*) FILTER (WHERE "+name+" IS NULL), count(*) FILTER (WHERE typeof("+name+") = 'integer' AND "+name+" IN (0, 1))"+
		" FROM "+q(table))
	if err != nil || v.texts == 0 {
		return v, err
	}
	v.times = true
	c := schema.Column{Name: column, Type: schema.Time, Unit: schema.RFC3339}
	err = d.each(func(st *sqlite3.Stmt) error {
		if v.times {
			_, err := c.ParseTime(st.ColumnText(0))
			v.times = err == nil
		}
		return nil
	}, "SELECT "+name+" FROM "+q(table)+" WHERE typeof("+name+") = 'text'")
	return v, err
}

// columnType is what a declared type means, by the words that SQLite goes by
// (https://sqlite.org/datatype3.html#determination_of_column_affinity) and
// some that other programs use, unless the values say otherwise.
func columnType(decl string, v values) (t schema.Type, unit schema.TimeUnit, why string) {
	word := strings.ToUpper(decl)
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(word, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("BOOL") && v.texts+v.reals+v.blobs == 0 && (v.bools || v.ints == 0):
		t = schema.Bool
	case has("DATE", "TIME") && v.texts > 0 && v.times && v.ints+v.reals+v.blobs == 0:
		return schema.Time, schema.RFC3339, ", of texts in the form of RFC 3339"
	case has("DATE", "TIME"):
		t, why = v.stored(), ", but not all of its values are texts in the form of RFC 3339"
		return t, 0, why
	case has("INT"):
		t = schema.Int64
	case has("CHAR", "CLOB", "TEXT", "UUID"):
		t = schema.Text
	case has("JSON"):
		t = schema.JSON
	case has("BLOB"):
		t = schema.Blob
	case has("REAL", "FLOA", "DOUB"):
		t = schema.Float64
	default:
		return v.stored(), 0, ", " + v.String()
	}
	if actual := v.stored(); !v.fits(t) {
		return actual, 0, ", but it holds " + v.String()
	}
	return t, 0, ""
}

// stored is the narrowest type that takes all of the values, text for none.
func (v values) stored() schema.Type {
	switch {
	case v.blobs > 0:
		return schema.Blob
	case v.texts > 0 || v.ints+v.reals == 0:
		return schema.Text
	case v.reals > 0:
		return schema.Float64
	}
	return schema.Int64
}

// fits reports whether all values are of the storage class of a type.
func (v values) fits(t schema.Type) bool {
	switch t {
	case schema.Text, schema.JSON:
		return v.ints+v.reals+v.blobs == 0
	case schema.Blob:
		return v.ints+v.reals+v.texts == 0
	case schema.Float64:
		return v.texts+v.blobs == 0
	}
	return v.reals+v.texts+v.blobs == 0
}

// String counts the values.
func (v values) String() string {
	var parts []string
	for _, part := range []struct {
		n    int64
		name string
	}{{v.ints, "integer"}, {v.reals, "real"}, {v.texts, "text"}, {v.blobs, "blob"}, {v.nulls, "NULL"}} {
		if part.n > 0 {
			parts = append(parts, count(int(part.n), part.name))
		}
	}
	if parts == nil {
		return "no values"
	}
	return strings.Join(parts, ", ")
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
