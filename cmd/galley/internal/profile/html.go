package profile

import (
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
)

//go:embed body.html
var body string

//go:embed page.css
var style string

// Style is the style sheet of Body.
func Style() template.CSS { return template.CSS(style) }

var bodyTemplate = template.Must(template.New("body").Parse(body))

// Body returns the part of a page that describes the columns. The page must have
// Style. id begins the names of its anchors, so that a page can have several. Body
// has no style attributes, which a strict Content-Security-Policy would refuse.
func (p *Profile) Body(id string) (template.HTML, error) {
	var b strings.Builder
	err := bodyTemplate.Execute(&b, p.view(id))
	return template.HTML(b.String()), err
}

// What the template shows, laid out.
type (
	view struct {
		Cards   []card
		Heat    *heat
		Sampled bool
		Counted bool // some counts may be too high
	}
	card struct {
		ID, Name, Type, Nulls, Distinct string
		Min, Median, Max                string
		Sort                            order
		NullWidth                       float64 // 0 for no bar
		Wide                            bool    // a fact a line
		Note                            string
		Facts                           []fact
		Shape                           *shape // the histogram that is shown at first
		Linear                          *shape // beside one on another axis
		Top                             []topBar
		Examples                        []string // of texts that come once each
	}
	// order are the numbers by which a table of the columns is sorted.
	order struct{ Nulls, Distinct, Min, Median, Max string }
	fact  struct {
		Name, Value string
		Wide        bool
	}
	shape struct {
		Title, Low, High string
		Bars             []bar
	}
	bar struct {
		X, Y, W, H float64
		Title      string
	}
	topBar struct {
		Value, Count string
		W            float64
	}
)

func (p *Profile) view(id string) view {
	v := view{Heat: p.Correlation.view()}
	for i := range p.Columns {
		c := &p.Columns[i]
		shown := p.card(c)
		shown.ID = fmt.Sprintf("%s-%d", id, i)
		v.Cards = append(v.Cards, shown)
		v.Sampled = v.Sampled || c.Sampled
		v.Counted = v.Counted || c.TopAbout
	}
	return v
}

func (p *Profile) card(c *Column) card {
	out := card{Name: sheet.Printable(c.Name), Type: c.Type, Nulls: "no NULL", Distinct: c.distinct(),
		Min: sheet.Printable(c.bound(c.Min)), Max: sheet.Printable(c.bound(c.Max)), Median: c.quantile(len(quantiles) / 2)}
	if c.Min == "" && c.Mean == nil {
		out.Min, out.Max = none, none
	}
	if c.Nulls > 0 {
		out.Nulls = p.share(c.Nulls) + " NULL (" + sheet.Separated(c.Nulls) + ")"
		out.NullWidth = max(200*float64(c.Nulls)/float64(p.Rows), 1)
	}
	out.Sort = c.order()
	if p.Rows == c.Nulls {
		out.Note = "No values."
		return out
	}
	if c.Sizes != nil {
		if out.Facts = append(out.Facts, fact{"length", c.Sizes.words(), true}); c.Sizes.Min != c.Sizes.Max {
			out.Facts = append(out.Facts, fact{"mean length", c.Sizes.meanSize(), true})
		}
		if c.number {
			out.Note = "All other figures are of the numbers in the vectors."
		}
	}
	if c.number {
		wide := c.moment
		out.Facts = append(out.Facts, fact{"min", c.bound(c.Min), wide}, fact{"max", c.bound(c.Max), wide}, fact{"mean", c.mean(), wide}, fact{"std dev", c.deviation(), wide})
		for i, name := range []string{"5 %", "25 %", "median", "75 %", "95 %"} {
			out.Facts = append(out.Facts, fact{name, c.quantile(i), wide})
		}
	} else if c.Min != "" && c.Top == nil {
		out.Facts = append(out.Facts, fact{"first", out.Min, true}, fact{"last", out.Max, true})
	}
	if c.Inf > 0 {
		out.Facts = append(out.Facts, fact{"infinite", sheet.Separated(c.Inf), c.moment})
	}
	out.Wide = len(out.Facts) == 0 || out.Facts[0].Wide
	c.shapes(&out)
	switch {
	case c.unique():
		for _, f := range c.Top[:min(3, len(c.Top))] {
			out.Examples = append(out.Examples, sheet.Printable(shorten(f.Value)))
		}
	default:
		for _, f := range c.Top {
			out.Top = append(out.Top, topBar{sheet.Printable(shorten(f.Value)), f.times(), round(max(90*float64(f.Count)/float64(c.Top[0].Count), 1))})
		}
	}
	return out
}

// shapes draws the histograms: of a skewed column first the one on another axis.
func (c *Column) shapes(out *card) {
	if len(c.Bins) == 0 {
		return
	}
	linear := c.shape(c.Bins)
	if out.Shape = linear; c.Scale != "" {
		out.Shape, out.Linear = c.shape(c.Scaled), linear
		out.Shape.Title = "on an axis of the " + c.Scale
	}
}

// shape draws a histogram in a box of 300 by 80.
func (c *Column) shape(bins []Bin) *shape {
	out := &shape{Low: c.bound(c.Min), High: c.bound(c.Max)}
	most := int64(1)
	for _, b := range bins {
		most = max(most, b.Count)
	}
	width := 300 / float64(len(bins))
	for i, b := range bins {
		if b.Count == 0 {
			continue
		}
		h := max(78*float64(b.Count)/float64(most), 1)
		out.Bars = append(out.Bars, bar{X: round(float64(i)*width + 1), Y: round(79 - h), W: round(max(width-2, 1)), H: round(h),
			Title: fmt.Sprintf("%s to %s: %s", c.short(b.From), c.short(b.To), sheet.Separated(b.Count))})
	}
	return out
}

// order are the column's figures as numbers, "" for none.
func (c *Column) order() order {
	out := order{Nulls: strconv.FormatInt(c.Nulls, 10), Distinct: strconv.FormatInt(c.Distinct, 10)}
	if c.number && len(c.Quantile) > 0 {
		number := func(n Number) string { return strconv.FormatFloat(n.float, 'g', -1, 64) }
		out.Min, out.Max = number(c.Bins[0].From), strconv.FormatFloat(c.highest, 'g', -1, 64)
		out.Median = number(c.Quantile[len(quantiles)/2])
	}
	return out
}

func round(f float64) float64 { return math.Round(f*100) / 100 }
