package profile

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
)

// Text writes the profile as a table for a terminal.
func (p *Profile) Text(w io.Writer, style sheet.Style) error {
	fmt.Fprintf(w, "table %s, %s rows\n\n", sheet.Printable(p.Table), sheet.Separated(p.Rows))
	t := sheet.NewTable(w, style, []string{"column", "type", "null", "distinct", "min", "max", "mean", "5 %", "50 %", "95 %", "values"},
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
	case n < p.Rows && (p.Rows-n)*1000 < p.Rows:
		return "> 99.9 %"
	}
	return strconv.FormatFloat(float64(n)*100/float64(p.Rows), 'f', 1, 64) + " %"
}

func (c *Column) distinct() string {
	if c.About {
		return "about " + sheet.Separated(c.Distinct)
	}
	return sheet.Separated(c.Distinct)
}

// none stands where a column has no such figure.
const none = "n/a"

// short shows a number of the column with 5 digits, or with as many as its whole
// part has.
func (c *Column) short(n Number) string { return c.figure(n.text, n.float, 5) }

// bound shows the least or the greatest value.
func (c *Column) bound(text string) string {
	switch {
	case text == "" && (c.number || c.Distinct == 0):
		return none
	case c.length:
		return text
	case c.number && !c.moment:
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return c.figure(text, f, 8)
		}
	}
	return shorten(text)
}

// figure shows a number, of which f is about the value. A whole number has all of
// its digits.
func (c *Column) figure(text string, f float64, digits int) string {
	size := math.Abs(f)
	switch {
	case c.moment:
		return text
	case c.length:
		return time.Duration(f).String()
	case !strings.ContainsAny(text, ".e") && len(text) <= 20:
		return sheet.SeparatedText(text)
	case size >= 1e15 || size < 1e-4:
		return strconv.FormatFloat(f, 'g', digits, 64)
	}
	decimals := max(digits-1-int(math.Floor(math.Log10(size))), 0)
	shown := strconv.FormatFloat(f, 'f', decimals, 64)
	if decimals > 0 {
		shown = strings.TrimRight(strings.TrimRight(shown, "0"), ".")
	}
	return sheet.SeparatedText(shown)
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
		return none
	}
	return c.short(*c.Mean)
}

// deviation shows the standard deviation; that of times and durations as a
// duration.
func (c *Column) deviation() string {
	switch {
	case c.StdDev == nil:
		return none
	case c.length:
		return rounded(time.Duration(*c.StdDev)).String()
	case c.moment && *c.StdDev < math.MaxInt64/1e9:
		return rounded(time.Duration(*c.StdDev * 1e9)).String()
	case c.moment:
		return c.plain(*c.StdDev) + " s"
	}
	return c.plain(*c.StdDev)
}

// rounded returns a long time with fewer digits.
func rounded(d time.Duration) time.Duration {
	switch {
	case d >= time.Hour:
		return d.Round(time.Second)
	case d >= time.Second:
		return d.Round(time.Millisecond)
	}
	return d
}

func (*Column) plain(f float64) string { return new(Column).short(realNumber(f, 64)) }

func (c *Column) quantile(i int) string {
	if len(c.Quantile) == 0 {
		return none
	}
	return c.short(c.Quantile[i])
}

// times is how often a value comes; "≤" marks a count that may be too high.
func (f Frequency) times() string {
	if f.Over > 0 {
		return "≤ " + sheet.Separated(f.Count)
	}
	return sheet.Separated(f.Count)
}

// unique reports whether no text comes twice, so that none is frequent.
func (c *Column) unique() bool { return len(c.Top) > 1 && c.Top[0].Count == 1 }

// spark is a small histogram, or the most frequent texts.
func (c *Column) spark() string {
	if len(c.Bins) == 0 {
		var parts []string
		if c.unique() {
			return "each once"
		}
		for _, f := range c.Top[:min(3, len(c.Top))] {
			parts = append(parts, sheet.Printable(shorten(f.Value))+" "+f.times())
		}
		if c.Sizes != nil && len(parts) == 0 {
			return c.Sizes.words()
		}
		return strings.Join(parts, ", ")
	}
	counts := make([]float64, len(c.Bins))
	for i, b := range c.Bins {
		counts[i] = float64(b.Count)
	}
	return sheet.Spark(counts)
}
