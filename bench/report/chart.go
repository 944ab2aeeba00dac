package report

import (
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// palette are colors that differ for color-blind readers too (Okabe and
// Ito's, then shades of them); the baseline has the first.
var palette = []color.Color{
	color.RGBA{0xd5, 0x5e, 0x00, 0xff},
	color.RGBA{0x00, 0x72, 0xb2, 0xff},
	color.RGBA{0x56, 0xb4, 0xe9, 0xff},
	color.RGBA{0x00, 0x9e, 0x73, 0xff},
	color.RGBA{0xf0, 0xe4, 0x42, 0xff},
	color.RGBA{0xcc, 0x79, 0xa7, 0xff},
	color.RGBA{0xe6, 0x9f, 0x00, 0xff},
	color.RGBA{0x33, 0x33, 0x33, 0xff},
	color.RGBA{0x88, 0x88, 0x88, 0xff},
	color.RGBA{0x5b, 0x3a, 0x8e, 0xff},
	color.RGBA{0xbb, 0xbb, 0xbb, 0xff},
	color.RGBA{0xdd, 0xdd, 0xdd, 0xff},
	color.RGBA{0x8c, 0x51, 0x0a, 0xff},
	color.RGBA{0x01, 0x66, 0x5e, 0xff},
	color.RGBA{0x80, 0xcd, 0xc1, 0xff},
	color.RGBA{0xdf, 0xc2, 0x7d, 0xff},
	color.RGBA{0x76, 0x2a, 0x83, 0xff},
}

// The parts of a chart's width, in inches.
const (
	axisInches   = 0.9
	legendInches = 1.5
	groupInches  = 2.1
)

// Charts draws one SVG a workload, benchmarks-NAME.svg in dir: for each case
// a group with a bar a peer, of the median of the case's first metric. It
// returns the files' paths.
func Charts(dir string, results []Result) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var workloads, paths []string
	for _, r := range results {
		if !slices.Contains(workloads, r.Workload) {
			workloads = append(workloads, r.Workload)
		}
	}
	for _, name := range workloads {
		p, groups, err := chart(name, results)
		if err != nil {
			return paths, fmt.Errorf("chart of %s: %w", name, err)
		}
		if p == nil {
			continue
		}
		path := filepath.Join(dir, "benchmarks-"+name+".svg")
		width := vg.Length(axisInches+legendInches+groupInches*float64(groups)) * vg.Inch
		if err := p.Save(width, 4*vg.Inch, path); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// group is what one workload's chart shows.
type group struct {
	metric       Metric // of the first case, for the labels
	cases, peers []string
	medians      map[[2]string]float64 // by case and peer
	references   map[string]bool       // by peer
	tallest      float64               // of the peers that are not references
}

func collect(workload string, results []Result) group {
	g := group{medians: make(map[[2]string]float64), references: make(map[string]bool)}
	first := make(map[string]Metric)
	for _, r := range results {
		if r.Workload != workload {
			continue
		}
		if _, ok := first[r.Case]; !ok {
			first[r.Case] = r.Metric
			g.cases = append(g.cases, r.Case)
		}
		if r.Metric != first[r.Case] || len(r.Values) == 0 {
			continue
		}
		if !slices.Contains(g.peers, r.Peer) {
			g.peers = append(g.peers, r.Peer)
		}
		g.medians[[2]string{r.Case, r.Peer}] = r.Median
		g.references[r.Peer] = r.Reference
		if !r.Reference {
			g.tallest = max(g.tallest, r.Median)
		}
	}
	if len(g.cases) > 0 {
		g.metric = first[g.cases[0]]
	}
	return g
}

// chart returns no plot where nothing was measured.
func chart(workload string, results []Result) (*plot.Plot, int, error) {
	g := collect(workload, results)
	if g.tallest == 0 {
		return nil, 0, nil
	}
	// A peer has the same color in all charts.
	var everyone []string
	for _, r := range results {
		if !slices.Contains(everyone, r.Peer) {
			everyone = append(everyone, r.Peer)
		}
	}
	p := plot.New()
	p.Title.Text = workload + ": " + g.metric.Name
	if g.metric.Lower {
		p.Title.Text += ", lower is better"
	}
	p.Y.Label.Text = g.metric.Unit
	p.Y.Tick.Marker = thousands{}
	p.Legend.Top = true
	top := 1.12 * g.tallest
	slot := 0.8 / float64(max(len(g.peers), 3)) // of the width of a group
	var cut plotter.XYLabels
	for i, name := range g.peers {
		offset := slot * (float64(i) - float64(len(g.peers)-1)/2)
		values := make(plotter.Values, len(g.cases))
		for j, c := range g.cases {
			values[j] = g.medians[[2]string{c, name}]
			if values[j] > top {
				// Only references are: their bars would leave no room for
				// the others'. The number stands beside the bar.
				cut.XYs = append(cut.XYs, plotter.XY{X: float64(j) + offset - slot/2, Y: 0.97 * top})
				cut.Labels = append(cut.Labels, Number(values[j])+" ↑ ")
				values[j] = top
			}
		}
		bars, err := plotter.NewBarChart(values, vg.Length(slot*groupInches)*vg.Inch)
		if err != nil {
			return nil, 0, err
		}
		bars.Color = palette[slices.Index(everyone, name)%len(palette)]
		bars.LineStyle.Width = 0
		bars.Offset = vg.Length(offset*groupInches) * vg.Inch
		p.Add(bars)
		if g.references[name] {
			name += " (reference)"
		}
		p.Legend.Add(name, bars)
	}
	if len(cut.Labels) > 0 {
		labels, err := plotter.NewLabels(cut)
		if err != nil {
			return nil, 0, err
		}
		for i := range labels.TextStyle {
			labels.TextStyle[i].XAlign = draw.XRight
		}
		p.Add(labels)
	}
	p.NominalX(g.cases...)
	// Groups are groupInches wide; the legend stands in the room after them.
	p.X.Min, p.X.Max = -0.5, float64(len(g.cases))-0.5+legendInches/groupInches
	p.Y.Min, p.Y.Max = 0, top
	return p, len(g.cases), nil
}

// thousands labels the axis as tables write numbers.
type thousands struct{}

// Ticks implements plot.Ticker.
func (thousands) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label = Number(math.Round(ticks[i].Value*1000) / 1000)
		}
	}
	return ticks
}
