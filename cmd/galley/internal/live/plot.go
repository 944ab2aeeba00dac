package live

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/galley-db/galley/cmd/galley/internal/profile"
	"github.com/galley-db/galley/cmd/galley/internal/relate"
	"github.com/galley-db/galley/cmd/galley/internal/sheet"
)

// number shows a value with 5 digits, or with as many as its whole part has.
func number(f float64) string {
	size := math.Abs(f)
	switch {
	case f == 0:
		return "0"
	case size >= 1e15 || size < 1e-4:
		return strconv.FormatFloat(f, 'g', 5, 64)
	}
	decimals := max(4-int(math.Floor(math.Log10(size))), 0)
	scale := math.Pow10(decimals)
	if rounded := math.Round(f*scale) / scale; !math.IsInf(rounded, 0) && size < 1e10 {
		f = rounded
	}
	if decimals == 0 {
		f = math.Round(f)
	}
	return sheet.SeparatedText(strconv.FormatFloat(f, 'f', -1, 64))
}

// span places values on an axis of a length.
type span struct{ low, high, length float64 }

func (s span) at(f float64) float64 {
	width := s.high/2 - s.low/2
	if width <= 0 {
		return s.length / 2
	}
	return math.Round((f/2-s.low/2)/width*s.length*100) / 100
}

// plot is a drawing whose axes are labeled outside of it.
type plot struct {
	Low, High   string // of the horizontal axis
	Bottom, Top string // of the vertical axis
	Rects       []rect
}

type rect struct {
	X, Y, W, H float64
	Opacity    string
	Class      string
	Title      string
}

// boxPlot are the rows of a table of box plots.
type boxPlot struct {
	Low, High string
	Scale     string // of the axis, "" for a linear one
	Rows      []boxRow
}

type boxRow struct {
	relate.Box
	Rects []rect
}

// farOutliers is how many times the quartiles the greatest value is in a plot that
// has an axis of the logarithm, as the boxes would be dots on a linear one.
const farOutliers = 20

// boxPlotOf draws each box in 400 by 20: the range without outliers, the quartiles,
// the median, and a tick for each named outlier.
func boxPlotOf(b *relate.Boxes) boxPlot {
	low, high := math.Inf(1), math.Inf(-1)
	for _, g := range b.Groups {
		low, high = min(low, g.Least), max(high, g.Most)
		for _, o := range g.Outliers {
			low, high = min(low, o.Value), max(high, o.Value)
		}
	}
	out := boxPlot{Low: number(low), High: number(high)}
	if upper := b.Groups[0].Q3; low > 0 {
		for _, g := range b.Groups {
			upper = max(upper, g.Q3)
		}
		if high > farOutliers*upper {
			out.Scale = profile.Log
		}
	}
	axis := span{profile.OnAxis(out.Scale, low), profile.OnAxis(out.Scale, high), 396}
	at := func(f float64) float64 { return 2 + axis.at(profile.OnAxis(out.Scale, f)) }
	for _, g := range b.Groups {
		row := boxRow{Box: g, Rects: []rect{
			{X: at(g.Least), Y: 9, W: at(g.Most) - at(g.Least), H: 2, Class: "whisker"},
			{X: at(g.Q1), Y: 3, W: max(at(g.Q3)-at(g.Q1), 1), H: 14, Class: "box"},
			{X: at(g.Median) - 1, Y: 1, W: 2, H: 18, Class: "median"},
		}}
		for _, o := range g.Outliers {
			row.Rects = append(row.Rects, rect{X: at(o.Value) - 1, Y: 5, W: 2, H: 10, Class: "outlier", Title: sheet.Printable(o.Row) + ": " + number(o.Value)})
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// coursePlot draws in 600 by 120 the quartiles of each part and its median.
func coursePlot(c *relate.Course) plot {
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range c.Parts {
		if p.N > 0 {
			low, high = min(low, p.Q1), max(high, p.Q3)
		}
	}
	out := plot{Low: place(c, c.Low), High: place(c, c.High), Bottom: number(low), Top: number(high)}
	axis, width := span{low, high, 112}, 600/float64(len(c.Parts))
	for i, p := range c.Parts {
		if p.N == 0 {
			continue
		}
		y := func(f float64) float64 { return 116 - axis.at(f) }
		x, title := float64(i)*width, fmt.Sprintf("%s values, median %s, quartiles %s and %s", count(p.N), number(p.Median), number(p.Q1), number(p.Q3))
		out.Rects = append(out.Rects, rect{X: x, Y: y(p.Q3), W: width - 1, H: max(y(p.Q1)-y(p.Q3), 1), Class: "box", Title: title},
			rect{X: x, Y: y(p.Median) - 1, W: width - 1, H: 2, Class: "median", Title: title})
	}
	return out
}

// place shows a place on the axis of a Course.
func place(c *relate.Course, at float64) string {
	if c.Over == "" {
		return "row " + sheet.Separated(int64(at)+1)
	}
	return time.UnixMicro(int64(at)).UTC().Format("2006-01-02T15:04:05Z")
}

// cloudPlot draws in 400 by 240 the cells that have rows, the fuller the darker.
func cloudPlot(c *relate.Cloud) plot {
	most := 1
	for _, row := range c.Cells {
		for _, n := range row {
			most = max(most, n)
		}
	}
	out := plot{Low: number(c.Low[0]), High: number(c.High[0]), Bottom: number(c.Low[1]), Top: number(c.High[1])}
	w, h := 400/float64(len(c.Cells[0])), 240/float64(len(c.Cells))
	for y, row := range c.Cells {
		for x, n := range row {
			if n > 0 {
				out.Rects = append(out.Rects, rect{X: float64(x) * w, Y: 240 - float64(y+1)*h, W: w, H: h, Class: "cell",
					Opacity: strconv.FormatFloat(0.15+0.85*math.Sqrt(float64(n)/float64(most)), 'f', 2, 64), Title: count(n) + " rows"})
			}
		}
	}
	return out
}

// pearson is the correlation of a Cloud in words.
func pearson(c *relate.Cloud) string {
	if c.Pearson == nil {
		return "n/a"
	}
	return strconv.FormatFloat(*c.Pearson, 'f', 3, 64)
}

// link is the address of a table's page with one choice changed.
func link(table string, c Choice, which, name string) string {
	v := url.Values{"name": {table}, "of": {c.Of}, "by": {c.By}, "over": {c.Over}, "with": {c.With}}
	v.Set(which, name)
	return "table?" + v.Encode() + "#compare"
}
