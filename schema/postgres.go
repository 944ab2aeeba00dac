package schema

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

type postgres struct{}

// Postgres is the dialect of PostgreSQL 12 and later and of what speaks its
// protocol. Its types say more than SQLite's: a time is a timestamptz, a
// uint64 a numeric(20,0), JSON a jsonb, and a vector an array. A timestamptz
// keeps microseconds, from 4713 BC to 294276, so that a time in nanoseconds is
// a bigint and one of RFC 3339 a text, as on SQLite. A jsonb keeps what the
// JSON says, not how it was written. -0 is stored as 0 or -0.
func Postgres() Dialect { return postgres{} }

func (postgres) Name() string                   { return "postgres" }
func (postgres) Quote(identifier string) string { return quote(identifier) }
func (postgres) Placeholder(n int) string       { return "$" + strconv.Itoa(n) }
func (postgres) Literal(text string) string     { return quoteSQL(text) }
func (postgres) tableSuffix() string            { return "" }
func (postgres) rowidKey() bool                 { return false }

// postgresTypes are the SQL types by Type. PostgreSQL has no unsigned
// integers: each takes the next larger type.
var postgresTypes = [...]string{
	Bool: "boolean",
	Int8: "smallint", Int16: "smallint", Int32: "integer", Int64: "bigint",
	Uint8: "smallint", Uint16: "integer", Uint32: "bigint", Uint64: "numeric(20,0)",
	Float32: "real", Float64: "double precision",
	Text: "text", Blob: "bytea", Time: "timestamptz", Duration: "bigint", JSON: "jsonb",
	Vector32: "real[]", Vector64: "double precision[]",
}

func (postgres) Type(c Column) string {
	switch {
	case c.Type == Time && c.Unit == Nanos:
		return "bigint"
	case c.Type == Time && c.Unit == RFC3339, c.Type == Uint64 && c.Uint == UintText:
		return "text"
	case c.Type == Uint64 && c.Uint == UintBlob:
		return "bytea"
	case c.Type.valid():
		return postgresTypes[c.Type]
	}
	return "bytea"
}

// Default says the literal of the tag, which is in SQLite's form, in
// PostgreSQL's: there a bool is no 1, a time no number and a blob no X”.
func (postgres) Default(c Column) string {
	l, ok := parseLiteral(c.Default)
	if !ok {
		return "" // only in a column that no schema would take
	}
	switch {
	case l.kind == literalNull:
		return "NULL"
	case c.Type == Bool:
		return strings.ToUpper(strconv.FormatBool(l.num != 0))
	case c.Type == Time && c.Unit != Nanos && c.Unit != RFC3339:
		if t, ok := c.instant(l); ok {
			return quoteSQL(postgresTime(t))
		}
	case l.kind == literalBlob:
		return `'\x` + hex.EncodeToString([]byte(l.text)) + `'`
	}
	return c.Default
}

func (d postgres) Definition(c Column) string { return define(d, c, false) }

// postgresTime returns a time in PostgreSQL's syntax, which has no year 0 but a
// year 1 BC, and years of more than four digits.
func postgresTime(t time.Time) string {
	t = t.Truncate(time.Microsecond)
	if year := t.Year(); year <= 0 {
		return fmt.Sprintf("%04d", 1-year) + t.Format("-01-02 15:04:05.999999Z BC")
	}
	return t.Format("2006-01-02 15:04:05.999999Z")
}
