package load

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// guess is what the values of a column, seen so far, could be.
type guess struct {
	name    string
	values  int64
	null    bool
	nan     bool
	nanos   bool                      // a time has more than six digits of fraction
	ruled   [schema.Vector64 + 1]bool // types that a value has ruled out
	strings bool                      // JSON: a value was a string
	others  bool                      // JSON: a value was none
}

// guessable are the types that are tried, the narrowest first.
var guessable = []schema.Type{schema.Int64, schema.Float64, schema.Bool, schema.Time, schema.Vector64, schema.JSON}

// text takes a value of CSV.
func (g *guess) text(field []byte, empty bool) {
	if empty {
		g.null = true
		return
	}
	g.values++
	g.ruled[schema.Vector64], g.ruled[schema.JSON] = true, true
	g.number(field)
	if !g.ruled[schema.Bool] && !isBool(field) {
		g.ruled[schema.Bool] = true
	}
	g.time(field)
}

// number rules numbers out. A leading zero or plus is not a number's but a
// code's, which would lose it.
func (g *guess) number(field []byte) {
	if g.ruled[schema.Float64] {
		return
	}
	digits := bytes.TrimPrefix(field, []byte("-"))
	if len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' || len(digits) > 0 && digits[0] == '+' || len(digits) == 0 {
		g.ruled[schema.Int64], g.ruled[schema.Float64] = true, true
		return
	}
	if !g.ruled[schema.Int64] {
		if _, err := strconv.ParseInt(cells.View(field), 10, 64); err == nil {
			return
		}
		g.ruled[schema.Int64] = true
	}
	if bytes.ContainsAny(digits, "xX_pP") { // what only Go has
		g.ruled[schema.Float64] = true
		return
	}
	f, err := strconv.ParseFloat(cells.View(field), 64)
	if g.nan = g.nan || f != f; err != nil {
		g.ruled[schema.Float64] = true
	}
}

func isBool(field []byte) bool {
	switch string(field) {
	case "true", "false", "TRUE", "FALSE", "True", "False":
		return true
	}
	return false
}

func (g *guess) time(field []byte) {
	if g.ruled[schema.Time] {
		return
	}
	t, err := cells.ParseTime(cells.View(field))
	if err != nil {
		g.ruled[schema.Time] = true
		return
	}
	g.nanos = g.nanos || t.Nanosecond()%1000 != 0
}

// json takes a value of JSON Lines.
func (g *guess) json(raw []byte) {
	if bytes.Equal(raw, []byte("null")) {
		g.null = true
		return
	}
	g.values++
	only := func(types ...schema.Type) {
		for _, t := range guessable {
			keep := t == schema.JSON
			for _, k := range types {
				keep = keep || k == t
			}
			g.ruled[t] = g.ruled[t] || !keep
		}
	}
	if raw[0] == '"' {
		g.strings = true
		only(schema.Time)
		var s string
		if json.Unmarshal(raw, &s) == nil {
			g.time([]byte(s))
		}
		return
	}
	g.others = true
	switch raw[0] {
	case 't', 'f':
		only(schema.Bool)
	case '[':
		only(schema.Vector64)
		var floats []float64
		if json.Unmarshal(raw, &floats) != nil {
			g.ruled[schema.Vector64] = true
		}
	case '{':
		only()
	default:
		only(schema.Int64, schema.Float64)
		g.number(raw)
	}
}

// column is the column that all values fit in.
func (g *guess) column(total int64) schema.Column {
	c := schema.Column{Name: g.name, Type: schema.Text, Nullable: g.null || g.values < total}
	if g.values == 0 {
		return c
	}
	for _, t := range guessable {
		if g.ruled[t] || t == schema.JSON && !g.others {
			continue
		}
		if c.Type = t; t == schema.Float64 && g.nan {
			c.NaNNull, c.Nullable = true, true
		}
		if t == schema.Time && g.nanos {
			c.Unit = schema.Nanos
		}
		break
	}
	return c
}
