package relate

import (
	"math"
	"slices"

	"github.com/galley-db/galley/cmd/galley/internal/profile"
)

// Course is how the values of a column change over time, or over the order of the
// rows.
type Course struct {
	Of    string  `json:"of"`
	Over  string  `json:"over"`  // a column of times, "" for the order of the rows
	Low   float64 `json:"from"`  // times in microseconds since 1970, rows from 0
	High  float64 `json:"to"`    // of the last value
	Parts []Part  `json:"parts"` // of equal width
}

// Part describes the values of a part of a Course.
type Part struct {
	N      int     `json:"n"` // 0: the rest is of no meaning
	Q1     float64 `json:"q1"`
	Median float64 `json:"median"`
	Q3     float64 `json:"q3"`
}

const courseParts = 40

// Course follows a column, nil if no row has a value.
func (r *Rows) Course(of, over string) *Course {
	values, at := r.numbers[of], r.numbers[over]
	place := func(i int) float64 {
		if over == "" {
			return float64(i)
		}
		return at[i]
	}
	out := &Course{Of: of, Over: over, Low: math.Inf(1), High: math.Inf(-1)}
	known := func(i int) bool { return values[i] == values[i] && place(i) == place(i) }
	for i := range values {
		if known(i) {
			out.Low, out.High = min(out.Low, place(i)), max(out.High, place(i))
		}
	}
	if out.Low > out.High {
		return nil
	}
	parts := make([][]float64, courseParts)
	for i, f := range values {
		if known(i) {
			k := bin(place(i), out.Low, out.High, courseParts)
			parts[k] = append(parts[k], f)
		}
	}
	for _, sorted := range parts {
		p := Part{N: len(sorted)}
		if slices.Sort(sorted); p.N > 0 {
			p.Q1, p.Median, p.Q3 = profile.Quantile(sorted, 25), profile.Quantile(sorted, 50), profile.Quantile(sorted, 75)
		}
		out.Parts = append(out.Parts, p)
	}
	return out
}

// bin is the part of the range from low to high in which f lies, of n.
func bin(f, low, high float64, n int) int {
	// Halves, as the width of the range may be no float64.
	width := high/2 - low/2
	if width <= 0 {
		return 0
	}
	return max(0, min(n-1, int((f/2-low/2)/width*float64(n))))
}
