package gen

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/galley-db/galley/schema"
)

// cell is a value of a sample.
type cell struct {
	class class
	text  string // as the file has it; a JSON string without quotes
}

// class is what is known of a cell before its text is looked at.
type class uint8

const (
	anything class = iota // of CSV
	aString               // of JSON, and so on
	aNumber
	aBool
	nested // an object or an array
)

// kind is a type that a column may turn out to have.
type kind struct {
	name string
	make func(*schema.Column)
	fits func(cell) bool
}

// kinds are tried in this order: the first that all values fit is taken.
var kinds = [...]kind{
	{"a bool", func(c *schema.Column) { c.Type = schema.Bool }, func(v cell) bool {
		return v.class == aBool || v.class == anything && (strings.EqualFold(v.text, "true") || strings.EqualFold(v.text, "false"))
	}},
	{"an integer", func(c *schema.Column) { c.Type = schema.Int64 }, func(v cell) bool {
		return (v.class == aNumber || v.class == anything) && isInteger(v.text)
	}},
	{"a number", func(c *schema.Column) { c.Type = schema.Float64 }, func(v cell) bool {
		return (v.class == aNumber || v.class == anything) && isNumber(v.text)
	}},
	{"a time of RFC 3339", func(c *schema.Column) { c.Type = schema.Time }, func(v cell) bool {
		_, err := (&schema.Column{}).ParseTime(v.text)
		return (v.class == aString || v.class == anything) && err == nil
	}},
	{"text", func(c *schema.Column) { c.Type = schema.Text }, func(v cell) bool { return v.class == aString || v.class == anything }},
	{"JSON", func(c *schema.Column) { c.Type = schema.JSON }, func(cell) bool { return true }},
}

const textKind = 4 // of kinds

// isInteger reports whether text is an integer that keeps its spelling: 007 and +7
// do not.
func isInteger(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) == text
}

// isNumber reports whether text is a number as most programs write it. Leading
// zeros suggest a code, and a hexadecimal number does not count.
func isNumber(text string) bool {
	digits := strings.TrimLeft(text, "+-")
	if len(digits) > 1 && digits[0] == '0' && '0' <= digits[1] && digits[1] <= '9' || strings.ContainsAny(text, "xX_pP") {
		return false
	}
	f, err := strconv.ParseFloat(text, 64)
	// More digits than a float64 has would be lost.
	return err == nil && (!isDigits(digits) || math.Abs(f) <= 1<<53)
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// guess is what the values of a column say so far.
type guess struct {
	name    string
	values  int
	missing int // empty, NULL, or not there
	nan     bool
	row     int // of the first value
	example string
	first   [len(kinds)]struct { // the first value that a kind does not fit
		row  int
		text string
	}
}

func (g *guess) add(row int, v cell) {
	g.values++
	if g.values == 1 {
		g.row, g.example = row, v.text
	}
	if f, err := strconv.ParseFloat(v.text, 64); err == nil && f != f {
		g.nan = true
	}
	for i := range kinds {
		if at := &g.first[i]; at.row == 0 && !kinds[i].fits(v) {
			at.row, at.text = row, v.text
		}
	}
}

// column decides.
func (g *guess) column(rows int) Column {
	k := 0
	for g.first[k].row != 0 {
		k++
	}
	if g.values == 0 {
		k = textKind
	}
	// The kind that held longest says why it is not taken.
	last := 0
	for i := range k {
		if g.first[i].row > g.first[last].row {
			last = i
		}
	}
	c := Column{Column: schema.Column{Name: g.name, Nullable: g.missing > 0}}
	kinds[k].make(&c.Column)
	if c.Type == schema.Float64 && g.nan {
		c.Nullable, c.NaNNull = true, true
	}
	switch {
	case g.values == 0:
		c.Note = "text, because there is no value in " + count(rows, "row")
		return c
	case g.first[last].row > g.row:
		c.Note = fmt.Sprintf("%s in %s: %s in row %d is not %s", kinds[k].name, count(g.values, "value"), short(g.first[last].text), g.first[last].row, kinds[last].name)
	default:
		c.Note = fmt.Sprintf("%s in %s, such as %s", kinds[k].name, count(g.values, "value"), short(g.example))
	}
	if g.missing > 0 {
		c.Note += fmt.Sprintf("; %d missing", g.missing)
	}
	return c
}

// count is a number with what it counts.
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// short is text as a comment shows it.
func short(text string) string {
	if runes := []rune(text); len(runes) > 24 {
		text = string(runes[:24]) + "…"
	}
	return strconv.Quote(text)
}

// sample is the columns of a file, row by row.
type sample struct {
	guesses []*guess
	byName  map[string]*guess
	rows    int
	notes   []string
}

// column finds a column, or makes one that the rows before did not have.
func (s *sample) column(name string) *guess {
	g := s.byName[name]
	if g == nil {
		g = &guess{name: name, missing: s.rows - 1} // of the row that is being read
		s.byName[name] = g
		s.guesses = append(s.guesses, g)
	}
	return g
}

func (s *sample) table(name, source string) Table {
	t := Table{Name: name, Source: source, Notes: append(s.notes, "types were inferred from the sample of "+count(s.rows, "row")+".")}
	for _, g := range s.guesses {
		t.Columns = append(t.Columns, g.column(s.rows))
	}
	return t
}
