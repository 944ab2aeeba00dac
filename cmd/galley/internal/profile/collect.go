package profile

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/galley-db/galley/schema"
)

// collector gathers what is said of one column.
type collector struct {
	col    *schema.Column
	number bool // has a mean, quantiles and a histogram
	moment bool // a time, in seconds

	rows, nulls, infinite int64
	distinct              *counter
	min, max              string // of text
	top                   map[string]int64

	value    float64 // of this row
	valid    bool
	n        int64
	low      float64
	high     float64
	mean, m2 float64 // Welford's
	sample   []float64
	room     int
	random   *rand.Rand
}

// All columns together keep this many values, and none more than its part.
const (
	sampleValues = 4 << 20
	columnValues = 100_000
)

func newCollector(col *schema.Column, columns int) *collector {
	c := &collector{col: col, distinct: newCounter(), top: map[string]int64{}, low: math.Inf(1), high: math.Inf(-1)}
	c.room = min(columnValues, sampleValues/columns)
	c.random = rand.New(rand.NewPCG(1, 2)) // the same table, the same profile
	switch col.Type {
	case schema.Bool, schema.Text, schema.Blob, schema.JSON, schema.Vector32, schema.Vector64:
	case schema.Uint64:
		c.number = col.Uint == schema.UintInt
	case schema.Time:
		c.number, c.moment = true, true
	default:
		c.number = true
	}
	return c
}

// take reads the column's value of a row.
func (c *collector) take(r schema.Reader, i int) {
	c.rows++
	c.valid = false
	if c.col.Nullable && r.IsNull(i) {
		c.nulls++
		return
	}
	switch c.col.Type {
	case schema.Bool:
		c.text(strconv.FormatBool(r.Bool(i)), true)
	case schema.Text, schema.JSON:
		c.text(r.Text(i), c.col.Type == schema.Text)
	case schema.Blob, schema.Vector32, schema.Vector64:
		c.distinct.bytes(r.Blob(i))
	case schema.Float32, schema.Float64:
		c.add(r.Float64(i))
	case schema.Time:
		t := r.Time(i)
		c.add(float64(t.Unix()) + float64(t.Nanosecond())/1e9)
	case schema.Uint64:
		switch c.col.Uint {
		case schema.UintText:
			c.text(r.Text(i), false)
		case schema.UintBlob:
			c.distinct.bytes(r.Blob(i))
		default:
			c.add(float64(r.Int64(i)))
		}
	default:
		c.add(float64(r.Int64(i)))
	}
}

// maxTop bounds the different texts that are counted one by one.
const maxTop = 10_000

func (c *collector) text(s string, top bool) {
	c.distinct.bytes([]byte(s))
	if c.n == 0 || s < c.min {
		c.min = strings.Clone(s)
	}
	if c.n == 0 || s > c.max {
		c.max = strings.Clone(s)
	}
	c.n++
	if !top || len(s) > 200 {
		return
	}
	if _, known := c.top[s]; known || len(c.top) < maxTop {
		c.top[strings.Clone(s)]++
	}
}

func (c *collector) add(f float64) {
	c.distinct.word(math.Float64bits(f))
	if math.IsInf(f, 0) || f != f {
		c.infinite++
		return
	}
	c.value, c.valid = f, true
	c.n++
	c.low, c.high = min(c.low, f), max(c.high, f)
	delta := f - c.mean
	c.mean += delta / float64(c.n)
	c.m2 += delta * (f - c.mean)
	if len(c.sample) < c.room {
		c.sample = append(c.sample, f)
	} else if k := c.random.Int64N(c.n); k < int64(c.room) {
		c.sample[k] = f // each value stays with the same chance
	}
}

// column is what was gathered.
func (c *collector) column() Column {
	out := Column{Name: c.col.Name, Type: c.col.Spec(), Nulls: c.nulls, Inf: c.infinite, numeric: c.number, moment: c.moment}
	out.Distinct, out.About = c.distinct.count()
	out.Distinct = min(out.Distinct, c.rows-c.nulls)
	if !c.number {
		if c.n > 0 {
			out.Min, out.Max = shorten(c.min), shorten(c.max)
		}
		out.Top = c.frequent(10)
		return out
	}
	if c.n == 0 {
		return out
	}
	mean := c.mean
	out.Mean = &mean
	if c.n > 1 {
		deviation := math.Sqrt(c.m2 / float64(c.n-1))
		out.StdDev = &deviation
	}
	out.Min, out.Max = c.show(c.low), c.show(c.high)
	slices.Sort(c.sample)
	out.Sampled = int64(len(c.sample)) < c.n
	for _, q := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
		out.Quantile = append(out.Quantile, quantile(c.sample, q))
	}
	out.Bins = bins(c.sample, c.low, c.high, c.whole())
	return out
}

// whole tells whether all values are whole numbers.
func (c *collector) whole() bool {
	switch c.col.Type {
	case schema.Float32, schema.Float64, schema.Time:
		return false
	}
	return true
}

func (c *collector) show(f float64) string {
	switch {
	case c.moment:
		return showTime(f)
	case c.col.Type == schema.Duration:
		return time.Duration(f).String()
	}
	return strconv.FormatFloat(f, 'g', 8, 64)
}

func showTime(seconds float64) string {
	whole := math.Floor(seconds)
	return time.Unix(int64(whole), int64((seconds-whole)*1e9)).UTC().Format("2006-01-02T15:04:05Z")
}

func shorten(s string) string {
	const most = 40
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// frequent are the most frequent texts.
func (c *collector) frequent(n int) []Frequency {
	var all []Frequency
	for value, count := range c.top {
		all = append(all, Frequency{value, count})
	}
	slices.SortFunc(all, func(a, b Frequency) int {
		if a.Count != b.Count {
			return int(max(min(b.Count-a.Count, 1), -1))
		}
		return strings.Compare(a.Value, b.Value)
	})
	all = all[:min(n, len(all))]
	for i := range all {
		all[i].Value = shorten(all[i].Value)
	}
	return all
}

// quantile is that of sorted values, between the two that are nearest.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	part := at - float64(low)
	return sorted[low]*(1-part) + sorted[low+1]*part
}

// bins counts sorted values in parts of equal width; of whole numbers no
// part is narrower than 1.
func bins(sorted []float64, low, high float64, whole bool) []Bin {
	const most = 20
	count, width := most, (high-low)/most
	if whole && high-low < most {
		count, width = int(high-low)+1, 1
	} else if whole {
		width = math.Ceil((high - low + 1) / most)
		count = int(math.Ceil((high - low + 1) / width))
	}
	if low == high || width == 0 || math.IsInf(width, 0) {
		return []Bin{{low, high, int64(len(sorted))}}
	}
	all := make([]Bin, count)
	for i := range all {
		all[i] = Bin{From: low + float64(i)*width, To: low + float64(i+1)*width}
	}
	if !whole {
		all[count-1].To = high
	}
	for _, f := range sorted {
		all[max(min(int((f-low)/width), count-1), 0)].Count++
	}
	return all
}
