package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/galley-db/galley/schema"
)

// same reports whether a value of a table is the one that DuckDB read. shown
// is DuckDB's own text of a Parquet value.
func same(c *schema.Column, have, want any, shown string, typed bool) bool {
	if have == nil {
		return want == nil || want == "null" || isNaN(want) && c.NaNNull || want == "" && c.Type != schema.Text
	}
	if want == nil {
		// In a column that is not text, nothing else than NULL can stand for it.
		return have == "" && c.Type == schema.Text
	}
	if typed {
		if ok, known := sameTyped(c, have, want, shown); known {
			return ok
		}
	}
	text, ok := want.(string)
	if !ok {
		return fmt.Sprint(textOf(have)) == shown
	}
	return sameText(c, have, text) || shown != "" && sameText(c, have, shown)
}

func isNaN(v any) bool {
	switch v := v.(type) {
	case float32:
		return v != v
	case float64:
		return v != v
	case string:
		return strings.EqualFold(strings.Trim(v, `"`), "nan")
	}
	return false
}

func textOf(v any) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(v)
}

// sameTyped compares with a value of Parquet. known is false where it has no
// rule for the types.
func sameTyped(c *schema.Column, have, want any, shown string) (ok, known bool) {
	switch w := want.(type) {
	case bool:
		n, ok := have.(int64)
		return ok && n == map[bool]int64{true: 1}[w], true
	case float32:
		f, ok := have.(float64)
		return ok && f == float64(w), true
	case float64:
		f, ok := have.(float64)
		return ok && f == w, true
	case []byte:
		b, ok := have.([]byte)
		return ok && string(b) == string(w) || c.Type == schema.Text && textOf(have) == string(w), true
	case duckdb.UUID:
		b, ok := have.([]byte)
		return ok && string(b) == string(w[:]) || textOf(have) == shown, true
	case duckdb.Decimal:
		return sameNumber(textOf(have), shown), true
	case time.Time:
		if n, ok := have.(int64); ok && c.Type == schema.Time {
			t := c.TimeOf(n)
			if t.Equal(w) {
				return true, true
			}
		}
		return strings.TrimSuffix(textOf(have), "+00") == strings.TrimSuffix(shown, "+00"), true // a time of the day, in UTC
	case string:
		if c.Type == schema.JSON {
			return sameJSON(textOf(have), w), true
		}
		return false, false
	}
	if rv := reflect.ValueOf(want); rv.CanInt() || rv.CanUint() || rv.Type() == reflect.TypeFor[*big.Int]() {
		return sameNumber(textOf(have), fmt.Sprint(want)), true
	}
	return false, false
}

// sameNumber compares two decimal numbers exactly.
func sameNumber(a, b string) bool {
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}

// sameText compares with a text of CSV, or the raw text of a JSON value.
func sameText(c *schema.Column, have any, want string) bool {
	raw := want
	var s string
	if strings.HasPrefix(want, `"`) && json.Unmarshal([]byte(want), &s) == nil {
		raw = s
	}
	switch c.Type {
	case schema.JSON:
		return sameJSON(textOf(have), want)
	case schema.Text:
		return textOf(have) == want || textOf(have) == raw
	case schema.Bool:
		b, err := strconv.ParseBool(strings.ToLower(raw))
		n, ok := have.(int64)
		return err == nil && ok && (n != 0) == b
	case schema.Float32, schema.Float64:
		f, ok := have.(float64)
		if !ok {
			return false
		}
		if whole, ok := new(big.Int).SetString(raw, 10); ok {
			exact, accuracy := new(big.Float).SetInt(whole).Float64()
			return accuracy == big.Exact && exact == f
		}
		g, err := strconv.ParseFloat(raw, 64)
		return err == nil && g == f
	case schema.Time:
		n, ok := have.(int64)
		return ok && sameTime(c, n, raw)
	case schema.Vector64, schema.Vector32:
		return sameVector(c, have, want)
	}
	return sameNumber(textOf(have), raw)
}

var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z07", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02",
}

// sameTime compares a stored time with a text, of which no digit may be lost.
func sameTime(c *schema.Column, n int64, text string) bool {
	if dot := strings.LastIndexByte(text, '.'); dot >= 0 {
		digits := strings.TrimLeft(text[dot+1:], "0123456789")
		if len(strings.TrimRight(text[dot+1:len(text)-len(digits)], "0")) > 9 {
			return false
		}
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return c.TimeOf(n).Equal(t)
		}
	}
	return false
}

func sameVector(c *schema.Column, have any, want string) bool {
	b, ok := have.([]byte)
	var list []json.Number
	if !ok || json.Unmarshal([]byte(want), &list) != nil {
		return false
	}
	width := 8
	if c.Type == schema.Vector32 {
		width = 4
	}
	if len(b) != width*len(list) {
		return false
	}
	element := &schema.Column{Type: schema.Float64}
	for i, number := range list {
		f := 0.0
		if width == 4 {
			f = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[i*4:])))
		} else {
			f = math.Float64frombits(binary.LittleEndian.Uint64(b[i*8:]))
		}
		if width == 4 {
			g, err := strconv.ParseFloat(number.String(), 32)
			if err != nil || g != f {
				return false
			}
		} else if !sameText(element, f, number.String()) {
			return false
		}
	}
	return true
}

// sameJSON compares two JSON texts, numbers by their value.
func sameJSON(a, b string) bool {
	x, errX := decoded(a)
	y, errY := decoded(b)
	return errX == nil && errY == nil && sameValue(x, y)
}

func decoded(text string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

func sameValue(x, y any) bool {
	switch x := x.(type) {
	case json.Number:
		y, ok := y.(json.Number)
		if !ok {
			return false
		}
		if sameNumber(x.String(), y.String()) {
			return true
		}
		f, _ := strconv.ParseFloat(x.String(), 64)
		g, _ := strconv.ParseFloat(y.String(), 64)
		return f == g && strings.ContainsAny(x.String()+y.String(), ".eE")
	case []any:
		y, ok := y.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !sameValue(x[i], y[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		y, ok := y.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for name := range x {
			if _, ok := y[name]; !ok || !sameValue(x[name], y[name]) {
				return false
			}
		}
		return true
	case string:
		y, ok := y.(string)
		return ok && (x == y || sameClock(x) == sameClock(y))
	}
	return x == y
}

// sameClock is a time of RFC 3339 as DuckDB writes it, and any other text as it
// is.
func sameClock(text string) string {
	day, clock, ok := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(text, "+00"), "Z"), "T")
	if !ok || len(clock) < 8 || clock[2] != ':' {
		day, clock, ok = strings.Cut(strings.TrimSuffix(text, "+00"), " ")
	}
	if !ok || len(clock) < 8 || clock[2] != ':' {
		return text
	}
	return day + " " + strings.TrimRight(clock, "0")
}
