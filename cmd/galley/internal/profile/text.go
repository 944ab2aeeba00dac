package profile

import (
	"fmt"
	"io"
	"strconv"
	"strings"

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
		err := t.Add(sheet.Printable(c.Name), kind, p.share(c.Nulls), c.distinct(), sheet.Printable(c.Min), sheet.Printable(c.Max),
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

// number shows a number of the column: a time as such.
func (c *Column) number(f float64) string {
	if c.moment {
		return showTime(f)
	}
	return strconv.FormatFloat(f, 'g', 5, 64)
}

func (c *Column) mean() string {
	if c.Mean == nil {
		return ""
	}
	return c.number(*c.Mean)
}

func (c *Column) quantile(i int) string {
	if len(c.Quantile) == 0 {
		return ""
	}
	return c.number(c.Quantile[i])
}

// spark is a small histogram, or the most frequent texts.
func (c *Column) spark() string {
	if len(c.Bins) == 0 {
		var parts []string
		for _, f := range c.Top[:min(3, len(c.Top))] {
			parts = append(parts, fmt.Sprintf("%s %d", sheet.Printable(f.Value), f.Count))
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
