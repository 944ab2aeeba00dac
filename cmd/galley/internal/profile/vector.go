package profile

import (
	"math"
	"slices"
	"strconv"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/schema"
)

// sizes adds up the lengths of values.
type sizes struct{ n, min, max, sum int64 }

func (s *sizes) add(length int) {
	size := int64(length)
	if s.n == 0 {
		s.min, s.max = size, size
	}
	s.min, s.max = min(s.min, size), max(s.max, size)
	s.n++
	s.sum += size
}

// of returns the sizes of a column of this type, nil for one without values.
func (s *sizes) of(kind schema.Type) *Sizes {
	if s.n == 0 {
		return nil
	}
	out := &Sizes{Unit: "characters", Min: s.min, Max: s.max, Mean: float64(s.sum) / float64(s.n)}
	switch kind {
	case schema.Blob:
		out.Unit = "bytes"
	case schema.Vector32, schema.Vector64:
		out.Unit = "numbers"
	}
	return out
}

// words says how long the values are.
func (s *Sizes) words() string {
	if s.Min == s.Max {
		return sheet.Separated(s.Min) + " " + s.Unit
	}
	return sheet.Separated(s.Min) + " to " + sheet.Separated(s.Max) + " " + s.Unit
}

// vector adds up the finite numbers of vectors.
type vector struct{ mean, squares float64 }

func (c *collector) addVector(blob []byte) {
	var numbers []float64
	if c.col.Type == schema.Vector64 {
		numbers = sheet.Vector64(blob)
	} else {
		for _, f := range sheet.Vector32(blob) {
			numbers = append(numbers, float64(f))
		}
	}
	c.sizes.add(len(numbers))
	for _, f := range numbers {
		if math.IsInf(f, 0) || f != f {
			c.infinite++
			continue
		}
		if c.n == 0 {
			c.least, c.most = f, f
		}
		c.least, c.most = min(c.least, f), max(c.most, f)
		c.n++
		// Welford's update, which subtracts no large sums from one another.
		away := f - c.vector.mean
		c.vector.mean += away / float64(c.n)
		c.vector.squares += away * (f - c.vector.mean)
		keep(c, &c.reals, f)
	}
}

func (c *collector) describeVector(out *Column) {
	bits := 64
	if c.col.Type == schema.Vector32 {
		bits = 32
	}
	out.number = true
	c.describeReals(out, bits)
	if math.IsInf(c.vector.mean, 0) || c.vector.mean != c.vector.mean {
		return // numbers near the end of the range
	}
	mean := realNumber(c.vector.mean, 64)
	out.Mean = &mean
	if deviation := math.Sqrt(c.vector.squares / float64(c.n-1)); c.n > 1 && !math.IsInf(deviation, 0) && deviation == deviation {
		out.StdDev = &deviation
	}
}

// describeReals fills in what is known of floating-point numbers but for their
// mean.
func (c *collector) describeReals(out *Column, bits int) {
	out.Min, out.Max = realNumber(c.least, bits).text, realNumber(c.most, bits).text
	out.highest = c.most
	slices.Sort(c.reals)
	out.Sampled = int64(len(c.reals)) < c.n
	for _, percent := range quantiles {
		out.Quantile = append(out.Quantile, realNumber(Quantile(c.reals, percent), 64))
	}
	out.Bins = realBins(c.reals, c.least, c.most)
	out.Scale, out.Scaled = scaledBins(out.Bins, c.reals, false)
}

// meanSize shows the mean of the sizes.
func (s *Sizes) meanSize() string { return strconv.FormatFloat(s.Mean, 'f', 1, 64) }
