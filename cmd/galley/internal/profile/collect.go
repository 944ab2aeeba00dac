package profile

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/galley-db/galley/schema"
)

// collector gathers what is said of one column.
type collector struct {
	col    *schema.Column
	number bool // has a mean, quantiles and a histogram
	real   bool // a floating-point number
	vector *vector
	sizes  sizes
	moment bool // a time, in nanoseconds

	rows, nulls, infinite int64
	n                     int64 // values that are neither NULL nor infinite
	distinct              *counter

	min, max string // of text
	top      *tally // nil for none

	low, high   whole // of whole numbers
	least, most float64
	first, sum  whole
	series      series

	wholes []whole // a sample
	reals  []float64
	room   int
	random *rand.Rand
}

// All columns together keep this many values, and none more than its part.
const (
	sampleValues = 4 << 20
	columnValues = 100_000
)

func newCollector(col *schema.Column, columns int) *collector {
	c := &collector{col: col, distinct: newCounter()}
	c.room = min(columnValues, sampleValues/columns)
	c.random = rand.New(rand.NewPCG(1, 2)) // the same table, the same profile
	switch col.Type {
	case schema.Bool, schema.Text:
		c.top = newTally(columns)
	case schema.Blob, schema.JSON:
	case schema.Vector32, schema.Vector64:
		c.vector = &vector{}
	case schema.Float32, schema.Float64:
		c.number, c.real = true, true
	case schema.Time:
		c.number, c.moment = true, true
	default:
		c.number = true
	}
	return c
}

// take reads the column's value of a row.
func (c *collector) take(r schema.Reader, i int) error {
	c.rows++
	if c.col.Nullable && r.IsNull(i) {
		c.nulls++
		if c.number {
			c.series.skip()
		}
		return nil
	}
	switch c.col.Type {
	case schema.Bool:
		c.text(strconv.FormatBool(r.Bool(i)))
	case schema.Text, schema.JSON:
		text := r.Text(i)
		c.text(text)
		c.sizes.add(utf8.RuneCountInString(text))
	case schema.Blob:
		blob := r.Blob(i)
		c.distinct.bytes(blob)
		c.sizes.add(len(blob))
	case schema.Vector32, schema.Vector64:
		blob := r.Blob(i)
		c.distinct.bytes(blob)
		c.addVector(blob)
	case schema.Float32, schema.Float64:
		c.addReal(r.Float64(i))
	case schema.Time:
		c.addWhole(wholeTime(r.Time(i)))
	case schema.Uint64:
		if c.col.Uint == schema.UintInt {
			c.addWhole(wholeInt(r.Int64(i)))
			return nil
		}
		v, err := c.unsigned(r, i)
		if err != nil {
			return err
		}
		c.addWhole(wholeUint(v))
	default:
		c.addWhole(wholeInt(r.Int64(i)))
	}
	return nil
}

// unsigned reads a uint64 that is stored as text or as bytes.
func (c *collector) unsigned(r schema.Reader, i int) (uint64, error) {
	if c.col.Uint == schema.UintText {
		text := r.Text(i)
		v, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("column %s: %q is not a uint64", c.col.Name, text)
		}
		return v, nil
	}
	blob := r.Blob(i)
	if len(blob) != 8 {
		return 0, fmt.Errorf("column %s: %d bytes, want the 8 of a uint64", c.col.Name, len(blob))
	}
	return binary.BigEndian.Uint64(blob), nil
}

func (c *collector) text(s string) {
	c.distinct.text(s)
	if c.n == 0 || s < c.min {
		c.min = strings.Clone(s)
	}
	if c.n == 0 || s > c.max {
		c.max = strings.Clone(s)
	}
	c.n++
	if c.top != nil {
		c.top.add(s)
	}
}

func (c *collector) addWhole(v whole) {
	b := v.bytes()
	c.distinct.bytes(b[:])
	if c.n == 0 {
		c.low, c.high, c.first = v, v, v
	}
	if v.compare(c.low) < 0 {
		c.low = v
	}
	if v.compare(c.high) > 0 {
		c.high = v
	}
	c.n++
	c.sum = c.sum.add(v)
	c.series.add(v.minus(c.first).float())
	keep(c, &c.wholes, v)
}

func (c *collector) addReal(f float64) {
	f += 0 // -0 is 0
	c.distinct.word(math.Float64bits(f))
	if math.IsInf(f, 0) || f != f {
		c.infinite++
		c.series.skip()
		return
	}
	if c.n == 0 {
		c.least, c.most = f, f
	}
	c.least, c.most = min(c.least, f), max(c.most, f)
	c.n++
	c.series.add(f)
	keep(c, &c.reals, f)
}

// keep puts a value into the sample, in which each stays with the same chance.
func keep[V any](c *collector, sample *[]V, v V) {
	if len(*sample) < c.room {
		*sample = append(*sample, v)
	} else if k := c.random.Int64N(c.n); k < int64(c.room) {
		(*sample)[k] = v
	}
}

// quantiles are these, in percent.
var quantiles = []int{5, 25, 50, 75, 95}

// column is what was gathered.
func (c *collector) column() Column {
	out := Column{Name: c.col.Name, Type: c.col.Spec(), Nulls: c.nulls, Inf: c.infinite,
		number: c.number, moment: c.moment, length: c.col.Type == schema.Duration}
	out.Distinct, out.About = c.distinct.count()
	out.Distinct = min(out.Distinct, c.rows-c.nulls)
	out.Sizes = c.sizes.of(c.col.Type)
	switch {
	case c.n == 0:
	case c.vector != nil:
		c.describeVector(&out)
	case !c.number:
		out.Min, out.Max = c.min, c.max
		if c.top != nil {
			out.Top, out.TopAbout = c.top.most(10), c.top.full
		}
	case c.real:
		c.describeReal(&out)
	default:
		c.describeWhole(&out)
	}
	return out
}

func (c *collector) describeReal(out *Column) {
	bits := 64
	if c.col.Type == schema.Float32 {
		bits = 32
	}
	mean := realNumber(c.series.mean(), 64)
	out.Mean, out.StdDev = &mean, c.series.deviation(1)
	c.describeReals(out, bits)
}

func (c *collector) describeWhole(out *Column) {
	show, unit := exactNumber, 1.0
	if c.moment {
		show, unit = exactTime, 1e9
	}
	out.Min, out.Max = show(new(big.Rat).SetInt(c.low.big())).text, show(new(big.Rat).SetInt(c.high.big())).text
	out.highest = c.high.float()
	if out.length {
		out.Min, out.Max = time.Duration(c.low.low).String(), time.Duration(c.high.low).String()
	}
	mean := show(new(big.Rat).SetFrac(c.sum.big(), big.NewInt(c.n)))
	out.Mean, out.StdDev = &mean, c.series.deviation(unit)
	slices.SortFunc(c.wholes, whole.compare)
	out.Sampled = int64(len(c.wholes)) < c.n
	for _, percent := range quantiles {
		out.Quantile = append(out.Quantile, show(wholeQuantile(c.wholes, percent)))
	}
	out.Bins = wholeBins(c.wholes, c.low, c.high, show)
	if !c.moment {
		values := make([]float64, len(c.wholes))
		for i, v := range c.wholes {
			values[i] = v.float()
		}
		out.Scale, out.Scaled = scaledBins(out.Bins, values, true)
	}
}
