package profile

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
)

//go:embed page.html
var page string

//go:embed body.html
var body string

//go:embed page.css
var style string

// Style is the style sheet of HTML and Body.
func Style() template.CSS { return template.CSS(style) }

var pageTemplate = template.Must(template.Must(template.New("page").Parse(page)).New("body").Parse(body))

// HTML writes the profile as a page that needs nothing else: no script, no
// font, no picture. It follows the reader's choice of light and dark.
func (p *Profile) HTML(w io.Writer) error {
	return pageTemplate.ExecuteTemplate(w, "page", p.view())
}

// Body returns the part of the page that describes the columns, for a page that
// has Style. It has no style attributes, which a strict Content-Security-Policy
// would refuse.
func (p *Profile) Body() (template.HTML, error) {
	var b strings.Builder
	err := pageTemplate.ExecuteTemplate(&b, "body", p.view())
	return template.HTML(b.String()), err
}

// What the template shows, laid out.
type (
	view struct {
		Table   string
		Rows    int64
		Cards   []card
		Heat    *heat
		Sampled bool
		Counted bool // some counts may be too high
		Style   template.CSS
	}
	card struct {
		Name, Type, Share, Distinct, Low, High string
		NullWidth                              float64
		Wide                                   bool // a fact a line
		Facts                                  []fact
		Bars                                   []bar
		Top                                    []topBar
	}
	fact struct {
		Name, Value string
		Wide        bool
	}
	bar struct {
		X, Y, W, H float64
		Title      string
	}
	topBar struct {
		Value, Count string
		W            float64
	}
	heat struct {
		Width, Height int
		Labels        []label
		Cells         []cell
	}
	label struct {
		X, Y   int
		Text   string
		Turned bool
	}
	cell struct {
		X, Y, Size, TX, TY int
		Hue, Strength      string
		Title, Text        string
	}
)

func (p *Profile) view() view {
	v := view{Table: p.Table, Rows: p.Rows, Style: Style(), Heat: p.Correlation.view()}
	for i := range p.Columns {
		c := &p.Columns[i]
		v.Cards = append(v.Cards, p.card(c))
		v.Sampled = v.Sampled || c.Sampled
		v.Counted = v.Counted || c.TopAbout
	}
	return v
}

func (p *Profile) card(c *Column) card {
	out := card{Name: c.Name, Type: c.Type, Share: p.share(c.Nulls), Distinct: c.distinct()}
	if p.Rows > 0 {
		out.NullWidth = 200 * float64(c.Nulls) / float64(p.Rows)
	}
	if c.Mean != nil {
		out.Facts = append(out.Facts, fact{"mean", c.mean(), c.moment})
		if !c.moment && c.StdDev != nil {
			out.Facts = append(out.Facts, fact{"std dev", strconv.FormatFloat(*c.StdDev, 'g', 5, 64), false})
		}
		for i, name := range []string{"5 %", "25 %", "median", "75 %", "95 %"} {
			out.Facts = append(out.Facts, fact{name, c.quantile(i), c.moment})
		}
		if c.Inf > 0 {
			out.Facts = append(out.Facts, fact{"infinite", fmt.Sprint(c.Inf), c.moment})
		}
	} else if c.Min != "" && len(c.Top) == 0 {
		out.Facts = append(out.Facts, fact{"least", c.bound(c.Min), true}, fact{"greatest", c.bound(c.Max), true})
	}
	out.Wide = len(out.Facts) == 0 || out.Facts[0].Wide
	out.Low, out.High = c.bound(c.Min), c.bound(c.Max)
	most := int64(1)
	for _, b := range c.Bins {
		most = max(most, b.Count)
	}
	width := 300 / float64(max(len(c.Bins), 1))
	for i, b := range c.Bins {
		if b.Count == 0 {
			continue
		}
		h := max(78*float64(b.Count)/float64(most), 1)
		out.Bars = append(out.Bars, bar{X: round(float64(i)*width + 1), Y: round(79 - h), W: round(max(width-2, 1)), H: round(h),
			Title: fmt.Sprintf("%s to %s: %d", c.short(b.From), c.short(b.To), b.Count)})
	}
	for _, f := range c.Top {
		out.Top = append(out.Top, topBar{shorten(f.Value), f.times(), round(max(90*float64(f.Count)/float64(c.Top[0].Count), 1))})
	}
	return out
}

func round(f float64) float64 { return math.Round(f*100) / 100 }

// view lays the matrix out, nil for none.
func (c *Correlation) view() *heat {
	if c == nil {
		return nil
	}
	const left, top, size = 150, 110, 34
	n := len(c.Columns)
	h := &heat{Width: left + n*size + 80, Height: top + n*size + 4}
	for i, name := range c.Columns {
		text := name
		if runes := []rune(name); len(runes) > 20 {
			text = string(runes[:19]) + "…"
		}
		h.Labels = append(h.Labels,
			label{left - 8, top + i*size + size/2 + 4, text, false},
			label{left + i*size + size/2, top - 8, text, true})
		for k, r := range c.Matrix[i] {
			x := cell{X: left + k*size, Y: top + i*size, Size: size - 2, TX: left + k*size + size/2 - 1, TY: top + i*size + size/2 + 3,
				Hue: "plus", Strength: "0", Title: name + ", " + c.Columns[k] + ": not known"}
			if r != nil {
				if *r < 0 {
					x.Hue = "minus"
				}
				x.Strength = strconv.FormatFloat(math.Abs(*r)*0.7, 'f', 2, 64)
				x.Text = strconv.FormatFloat(math.Round(*r*10)/10+0, 'f', 1, 64) // +0: no "-0.0"
				x.Title = fmt.Sprintf("%s, %s: %.3f", name, c.Columns[k], *r)
			}
			h.Cells = append(h.Cells, x)
		}
	}
	return h
}
