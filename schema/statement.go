package schema

import "strings"

// Insert is an INSERT of as many rows as asked for, at least one, with a
// placeholder for each value, row by row in the order of the columns.
// Databases limit how many there may be: SQLite at 32,766
// (https://sqlite.org/limits.html#max_variable_number), PostgreSQL at 65,535.
//
// Under Upsert a row whose key already exists replaces the values of all
// other columns, if one of them differs, so that the number of rows changed
// is exact; where the key is all there is, it changes nothing. A table
// without a key has nothing to go by: for it Upsert is the same text as
// Append, and callers look at [Schema.Key] first. Under Ignore a row that
// breaks the key or a unique group is left out.
func (s *Schema) Insert(d Dialect, m Mode, rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + d.Quote(s.name) + " (" + quoteList(d, s.ColumnNames()) + ") VALUES ")
	n := 0
	for row := range max(rows, 1) {
		if row > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for i := range s.columns {
			if i > 0 {
				b.WriteString(", ")
			}
			n++
			b.WriteString(d.Placeholder(n))
		}
		b.WriteByte(')')
	}
	switch {
	case m == Ignore:
		b.WriteString(" ON CONFLICT DO NOTHING")
	case m == Upsert && len(s.key) > 0:
		b.WriteString(" ON CONFLICT (" + quoteList(d, s.key) + ") DO " + s.upsert(d))
	}
	return b.String()
}

// upsert is what to do with a row whose key exists.
func (s *Schema) upsert(d Dialect) string {
	var set, have, want []string
	for _, c := range s.columns {
		if !c.Key {
			name := d.Quote(c.Name)
			set = append(set, name+" = excluded."+name)
			have = append(have, d.Quote(s.name)+"."+name)
			want = append(want, "excluded."+name)
		}
	}
	if set == nil {
		return "NOTHING"
	}
	// One comparison of two rows: a chain of OR would be too deep an
	// expression for a wide table.
	return "UPDATE SET " + strings.Join(set, ", ") +
		" WHERE (" + strings.Join(have, ", ") + ") IS DISTINCT FROM (" + strings.Join(want, ", ") + ")"
}

// Select reads whole rows: it lists the columns by name, in order. where is
// SQL and stands in the text as it is; "" reads all rows.
func (s *Schema) Select(d Dialect, where string) string {
	text := "SELECT " + quoteList(d, s.ColumnNames()) + " FROM " + d.Quote(s.name)
	if where != "" {
		text += " WHERE " + where
	}
	return text
}

// ColumnNames are the names of the columns in order, in a slice of its own.
func (s *Schema) ColumnNames() []string {
	names := make([]string, len(s.columns))
	for i := range s.columns {
		names[i] = s.columns[i].Name
	}
	return names
}
