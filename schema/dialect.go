package schema

import (
	"strings"
	"unicode/utf8"
)

// Dialect is the SQL of one kind of database: [SQLite] or [Postgres]. No
// other package can make one. Dialects hold no state and are safe for use by
// several goroutines at once.
type Dialect interface {
	// Name is "sqlite" or "postgres".
	Name() string
	// Quote makes an identifier of any string, in double quotes. A NUL and
	// bytes that are not UTF-8 become U+FFFD, so that whatever comes in, one
	// identifier comes out; schemas do not let such names in.
	Quote(identifier string) string
	// Type is the SQL type of a column, without constraints.
	Type(c Column) string
	// Default is what stands behind DEFAULT for a column, "" for a column
	// without one.
	Default(c Column) string
	// Definition is a column as it stands in CREATE TABLE and ADD COLUMN, with its
	// name, type and rules, but without a key, an index and UNIQUE.
	Definition(c Column) string
	// Literal is text as a string of SQL, in single quotes. PostgreSQL must
	// have standard_conforming_strings on.
	Literal(text string) string
	// Placeholder is the nth parameter of a statement, counted from 1.
	Placeholder(n int) string

	// tableSuffix is what follows the last parenthesis of CREATE TABLE.
	tableSuffix() string
	// rowidKey reports whether a lone INTEGER key would become the row's number.
	rowidKey() bool
}

// quote is the identifier in double quotes, as the SQL standard has it.
func quote(identifier string) string {
	if !utf8.ValidString(identifier) {
		identifier = strings.ToValidUTF8(identifier, "\uFFFD")
	}
	identifier = strings.ReplaceAll(identifier, "\x00", "\uFFFD")
	return `"` + strings.ReplaceAll(identifier, `"`, `""`) + `"`
}

// quoteList is the identifiers, quoted, with a comma between them.
func quoteList(d Dialect, identifiers []string) string {
	quoted := make([]string, len(identifiers))
	for i, name := range identifiers {
		quoted[i] = d.Quote(name)
	}
	return strings.Join(quoted, ", ")
}
