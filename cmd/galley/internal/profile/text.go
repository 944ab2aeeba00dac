package profile

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
)

// Text writes the profile as a table for a terminal.
func (p *Profile) Text(w io.Writer, bold bool) error {
	fmt.Fprintf(w, "table %s, %d rows\n\n", sheet.Printable(p.Table), p.Rows)
	t := sheet.NewTable(w, bold, []string{"column", "type", "null", "distinct", "min", "max", "mean", "5 %", "50 %", "95 %", "values"},
		[]bool{false, false, true, true, false, false, true, true, true, true, false})
	for i := range p.Columns {
		c := &p.Columns[i]
		kind, _, _ := strings.Cut(c.Type, " ")
		err := t.Add(sheet.Printable(c.Name), kind, p.share(c.Nulls), c.distinct(), sheet.Printable(c.bound(c.Min)), sheet.Printable(c.bound(c.Max)),
			c.mean(), c.quantile(0), c.quantile(2), c.quantile(4), c.spark())
		if err != nil {
			return err
		}
	}
	return t.Flush()
}

// share is a part of the rows in percent.
func (p *Profile) share(n int64) string {
	switch {
	case n == 0:
		return "0"
	case n*1000 < p.Rows:
		return "< 0.1 %"
	}
	return strconv.FormatFloat(float64(n)*100/float64(p.Rows), 'f', 1, 64) + " %"
}

func (c *Column) distinct() string {
	if c.About {
		return "about " + strconv.FormatInt(c.Distinct, 10)
	}
	return strconv.FormatInt(c.Distinct, 10)
}

// short shows a number of the column with 5 digits, and a time without parts
// of a second.
func (c *Column) short(n Number) string {
	switch {
	case c.moment:
		return shortTime(n.text)
	case c.length:
		return time.Duration(n.float).String()
	}
	return strconv.FormatFloat(n.float, 'g', 5, 64)
}

func shortTime(text string) string {
	if whole, _, ok := strings.Cut(text, "."); ok {
		return whole + "Z"
	}
	return text
}

// bound shows the least or the greatest value.
func (c *Column) bound(text string) string {
	switch {
	case c.moment:
		return shortTime(text)
	case c.number && len(text) > 12 && strings.ContainsAny(text, ".e"):
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return strconv.FormatFloat(f, 'g', 8, 64)
		}
	}
	return shorten(text)
}

// shorten is the beginning of a text.
func shorten(s string) string {
	const most = 40
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

func (c *Column) mean() string {
	if c.Mean == nil {
		return ""
	}
	return c.short(*c.Mean)
}

func (c *Column) quantile(i int) string {
	if len(c.Quantile) == 0 {
		return ""
	}
	return c.short(c.Quantile[i])
}

// times is how often a value comes; "≤" marks a count that may be too high.
func (f Frequency) times() string {
	if f.Over > 0 {
		return "≤ " + strconv.FormatInt(f.Count, 10)
	}
	return strconv.FormatInt(f.Count, 10)
}

// spark is a small histogram, or the most frequent texts.
func (c *Column) spark() string {
	if len(c.Bins) == 0 {
		var parts []string
		for _, f := range c.Top[:min(3, len(c.Top))] {
			parts = append(parts, sheet.Printable(shorten(f.Value))+" "+f.times())
		}
		return strings.Join(parts, ", ")
	}
	const blocks = "▁▂▃▄▅▆▇█"
	most := int64(1)
	for _, b := range c.Bins {
		most = max(most, b.Count)
	}
	var s strings.Builder
	for _, b := range c.Bins {
		if b.Count == 0 {
			s.WriteByte(' ')
			continue
		}
		s.WriteRune([]rune(blocks)[b.Count*7/most])
	}
	return s.String()
}
