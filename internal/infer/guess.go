// Package infer finds the type of a column from its values: the narrowest type
// that holds every one of them exactly.
package infer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/galley-db/galley/internal/literal"
	"github.com/galley-db/galley/schema"
)

// Guess is what the values of a column, seen so far, allow.
type Guess struct {
	Name    string
	Values  int64 // that are not NULL
	Nulls   int64
	Empty   int64  // of CSV: empty in quotes, which is a text, and no number
	Example string // the first value

	classes [nested + 1]bool // of the values
	words   bool             // all types but Text and JSON are ruled out
	nan     bool
	numbers bool                      // an array has elements
	nanos   bool                      // a time has more than six digits of fraction
	wide    bool                      // a time is out of the range of nanoseconds
	ruledBy [schema.Vector64 + 1]seen // by type: the first value that does not fit
}

// seen is a value and where it stands.
type seen struct {
	row  int64 // from 1; 0 for none
	text string
}

// class is what is known of a value before its text is looked at.
type class uint8

const (
	anyText class = iota // of CSV
	aString              // of JSON, and so on
	aNumber
	aBool
	nested // an object or an array
)

// tried are the types in the order in which they are tried. Uint64 and the
// narrower numbers are not: a later file may have larger values.
var tried = []schema.Type{schema.Bool, schema.Int64, schema.Float64, schema.Time, schema.Vector64, schema.Text, schema.JSON}

// Null adds a missing value.
func (g *Guess) Null() { g.Nulls++ }

// Quoted adds a field of CSV that is empty but for its quotes, or that stands
// for NULL and has quotes: a value of a column of text, and NULL elsewhere.
func (g *Guess) Quoted() { g.Empty++ }

// Text adds a value of CSV. It stands in a row or line, from 1.
func (g *Guess) Text(row int64, text []byte) { g.add(row, anyText, text) }

// JSON adds a valid JSON value.
func (g *Guess) JSON(row int64, raw []byte) {
	switch raw[0] {
	case 'n':
		g.Null()
	case '"':
		var text string
		if json.Unmarshal(raw, &text) == nil {
			g.add(row, aString, []byte(text))
		}
	case 't', 'f':
		g.add(row, aBool, raw)
	case '{', '[':
		g.add(row, nested, raw)
	default:
		g.add(row, aNumber, raw)
	}
}

func (g *Guess) add(row int64, c class, text []byte) {
	if g.Values++; g.Values == 1 {
		g.Example = short(text)
	}
	g.classes[c] = true
	if g.words && c <= aString {
		return // Text and JSON hold it
	}
	ruled := false
	for _, t := range tried {
		if at := &g.ruledBy[t]; at.row == 0 && !g.fits(t, c, text) {
			*at, ruled = seen{row, short(text)}, true
		}
	}
	g.words = ruled && !slices.ContainsFunc(tried[:len(tried)-2], func(t schema.Type) bool { return g.ruledBy[t].row == 0 })
}

// Read adds n values of CSV that a column of type t has read, and reports whether it
// did: it adds none while a narrower type may hold them, which their text decides.
// Text holds any value, and Float64 each one that was read. The integers of an Int64
// must be small enough for a float64.
func (g *Guess) Read(t schema.Type, n int64) bool {
	if g.Values == 0 || g.ruledBy[t].row != 0 || t != schema.Int64 && t != schema.Float64 && t != schema.Text {
		return false
	}
	for _, other := range tried[:len(tried)-2] {
		if g.ruledBy[other].row == 0 && other != t && (t != schema.Int64 || other != schema.Float64) {
			return false
		}
	}
	g.Values += n
	g.classes[anyText] = true
	return true
}

// fits reports whether a type holds a value exactly.
func (g *Guess) fits(t schema.Type, c class, text []byte) bool {
	switch t {
	case schema.Bool:
		_, ok := literal.Bool(text)
		return ok && (c == aBool || c == anyText)
	case schema.Int64:
		if c != aNumber && c != anyText {
			return false
		}
		_, err := literal.Int(text)
		return err == nil
	case schema.Float64:
		if c != aNumber && c != anyText {
			return false
		}
		if literal.IsPlain(text) {
			return true
		}
		f, err := literal.Float(text)
		g.nan = g.nan || err == nil && f != f
		return err == nil
	case schema.Time:
		return (c == aString || c == anyText) && g.time(text)
	case schema.Vector64:
		return c == nested && g.vector(text)
	case schema.Text:
		return c == aString || c == anyText
	}
	return true
}

// The range of a time in nanoseconds since 1970.
var (
	firstNano = time.Unix(0, -1<<63)
	lastNano  = time.Unix(0, 1<<63-1)
)

// time looks at a time, of which all or none of a column's must fit into
// nanoseconds.
func (g *Guess) time(text []byte) bool {
	t, err := literal.Time(text)
	if err != nil {
		return false
	}
	g.nanos = g.nanos || t.Nanosecond()%1000 != 0
	g.wide = g.wide || t.Before(firstNano) || t.After(lastNano)
	return !g.nanos || !g.wide
}

// vector looks at an array, whose elements must be numbers that a float64
// holds.
func (g *Guess) vector(text []byte) bool {
	if text[0] != '[' {
		return false
	}
	inner := bytes.TrimSpace(text[1 : len(text)-1])
	if len(inner) == 0 {
		return true
	}
	for element := range bytes.SplitSeq(inner, []byte(",")) {
		element = bytes.TrimSpace(element)
		if element[0] != '-' && (element[0] < '0' || element[0] > '9') {
			return false
		}
		if _, err := literal.Float(element); err != nil {
			return false
		}
	}
	g.numbers = true
	return true
}

// Type is the first type that all values fit, and Text without a value.
func (g *Guess) Type() schema.Type {
	if g.Values == 0 {
		return schema.Text
	}
	for _, t := range tried {
		if g.ruledBy[t].row == 0 && (t != schema.Vector64 || g.numbers) {
			return t
		}
	}
	return schema.JSON
}

// Column is the column that holds all values. It may be NULL where a value is
// missing in any of the rows.
func (g *Guess) Column(rows int64) schema.Column {
	c := schema.Column{Name: g.Name, Type: g.Type(), Nullable: g.Nulls > 0 || g.Values+g.Empty < rows}
	if c.Type != schema.Text && g.Empty > 0 {
		c.Nullable = true
	}
	switch {
	case c.Type == schema.Float64 && g.nan:
		c.NaNNull, c.Nullable = true, true
	case c.Type == schema.Time && g.nanos:
		c.Unit = schema.Nanos
	}
	return c
}

// Exact reports whether a column of type t holds all values exactly, although
// it need not be the narrowest that does.
func (g *Guess) Exact(t schema.Type) bool { return g.ruledBy[t].row == 0 }

// Why says in a few words what the type follows from: the value that ruled a
// narrower type out, if there is one. what is what values were counted by, such
// as "line".
func (g *Guess) Why(what string) string {
	t := g.Type()
	if g.Values == 0 {
		return "no value"
	}
	var last seen
	var narrower schema.Type
	for _, other := range tried {
		if other == t {
			break
		}
		if at := g.ruledBy[other]; at.row > last.row {
			last, narrower = at, other
		}
	}
	if last.row > 1 && last.text != g.Example {
		return fmt.Sprintf("%s in %s %d is not %s", last.text, what, last.row, names[narrower])
	}
	return "such as " + g.Example
}

// names are types in a sentence.
var names = map[schema.Type]string{
	schema.Bool: "true or false", schema.Int64: "an integer of 64 bits", schema.Float64: "a number that a float64 holds exactly",
	schema.Time: "a time", schema.Vector64: "an array of numbers", schema.Text: "text", schema.JSON: "JSON",
}

// short is a value as a message shows it.
func short(text []byte) string {
	if len(text) > 24 {
		runes := []rune(string(text[:min(len(text), 100)]))
		text = []byte(string(runes[:min(len(runes), 24)]) + "…")
	}
	return strconv.Quote(string(text))
}

// ErrTypes is returned for two types that no column holds.
var ErrTypes = errors.New("no type holds the values of both columns")
