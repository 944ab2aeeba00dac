package schema

import "strings"

// CreateTable is the statements that make the table: CREATE TABLE, then one
// CREATE INDEX for each index group. The text is the same for the same
// schema. None of them says IF NOT EXISTS: they fail if the table
// exists.
//
// All names are quoted; the text of check stands in it as the tag has it.
func (s *Schema) CreateTable(d Dialect) []string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + d.Quote(s.name) + " (")
	lone := s.loneIntegerKey(d)
	for i, c := range s.columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n  " + define(d, c, lone))
	}
	if len(s.key) > 0 && !lone {
		b.WriteString(",\n  PRIMARY KEY (" + quoteList(d, s.key) + ")")
	}
	for _, group := range s.uniques {
		b.WriteString(",\n  UNIQUE (" + quoteList(d, group.Columns) + ")")
	}
	b.WriteString("\n)" + d.tableSuffix())

	statements := []string{b.String()}
	for _, group := range s.indexes {
		statements = append(statements, s.createIndex(d, group))
	}
	return statements
}

// define is a column as it stands in CREATE TABLE and in ADD COLUMN.
func define(d Dialect, c Column, loneKey bool) string {
	text := d.Quote(c.Name) + " " + d.Type(c)
	if c.Key && loneKey {
		// As "PRIMARY KEY" a lone INTEGER would be another name of the row's
		// number, and SQLite would make one up for a NULL, whatever NOT NULL
		// says. The one spelling that makes an ordinary key of it is this:
		// https://sqlite.org/lang_createtable.html#rowid.
		text += " PRIMARY KEY DESC"
	}
	if !c.Nullable {
		text += " NOT NULL"
	}
	if c.Default != "" {
		text += " DEFAULT " + d.Default(c)
	}
	if c.Check != "" {
		text += " CHECK (" + c.Check + ")"
	}
	return text
}

// loneIntegerKey reports whether the key is one column that SQLite would take
// for the row's number.
func (s *Schema) loneIntegerKey(d Dialect) bool {
	if len(s.key) != 1 || !d.rowidKey() {
		return false
	}
	i, _ := s.Column(s.key[0])
	return s.columns[i].storage() == storedInt
}

func (s *Schema) createIndex(d Dialect, group Group) string {
	return "CREATE INDEX " + d.Quote(s.IndexName(group.Name)) + " ON " + d.Quote(s.name) +
		" (" + quoteList(d, group.Columns) + ")"
}

func (s *Schema) createUnique(d Dialect, group Group) string {
	return "CREATE UNIQUE INDEX " + d.Quote(s.UniqueName(group.Name)) + " ON " + d.Quote(s.name) +
		" (" + quoteList(d, group.Columns) + ")"
}
