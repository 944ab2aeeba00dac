package schema

import (
	"strconv"
	"strings"
)

type sqlite struct{}

// SQLite is the dialect of SQLite. Tables are STRICT
// (https://sqlite.org/stricttables.html) and have the types INTEGER, REAL,
// TEXT and BLOB only.
//
// SQLite stores a REAL that is a whole number as an integer, and so loses the
// sign of a negative zero: -0 is stored as 0.
func SQLite() Dialect { return sqlite{} }

func (sqlite) Name() string                   { return "sqlite" }
func (sqlite) Quote(identifier string) string { return quote(identifier) }
func (sqlite) Placeholder(int) string         { return "?" }
func (sqlite) tableSuffix() string            { return " STRICT" }
func (sqlite) rowidKey() bool                 { return true }

func (sqlite) Type(c Column) string {
	switch c.storage() {
	case storedInt:
		return "INTEGER"
	case storedReal:
		return "REAL"
	case storedText:
		return "TEXT"
	}
	return "BLOB"
}

// Default is the literal of the tag, which is already in SQLite's own form. That
// of a float32 is rounded to the value that a float32 has: 0.1 would differ from
// the 0.1 that a program stores.
func (sqlite) Default(c Column) string {
	l, ok := parseLiteral(c.Default)
	rounded := float64(float32(l.real))
	if c.Type != Float32 || !ok || l.kind != literalReal && l.kind != literalInt || rounded == l.real {
		return c.Default
	}
	text := strconv.FormatFloat(rounded, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

func (d sqlite) Definition(c Column) string { return define(d, c, false) }

// Literal is text in single quotes.
func (sqlite) Literal(text string) string { return quoteSQL(text) }

// storage is one of SQLite's storage classes.
type storage uint8

const (
	storedInt storage = iota + 1
	storedReal
	storedText
	storedBlob
)

// storage is how SQLite stores the column's values.
func (c *Column) storage() storage {
	switch {
	case c.Type == Time && c.Unit == RFC3339, c.Type == Uint64 && c.Uint == UintText, c.Type == Text, c.Type == JSON:
		return storedText
	case c.Type == Uint64 && c.Uint == UintBlob, c.Type == Blob, c.Type.isVector():
		return storedBlob
	case c.Type.isFloat():
		return storedReal
	}
	return storedInt
}
