package profile

import "math"

// The axes on which the values of a skewed column are spread.
const (
	Log  = "logarithm"
	Root = "square root"
)

// OnAxis returns the place of f on an axis. The square root of a negative number is
// that of its size, to the left of 0.
func OnAxis(scale string, f float64) float64 {
	switch scale {
	case Log:
		return math.Log(f)
	case Root:
		return math.Copysign(math.Sqrt(math.Abs(f)), f)
	}
	return f
}

// fromAxis is the inverse of OnAxis.
func fromAxis(scale string, x float64) float64 {
	if scale == Log {
		return math.Exp(x)
	}
	return math.Copysign(x*x, x)
}

// skewed is the share of the values in the fullest bin above which a column has a
// second histogram, on an axis that spreads them.
const skewed = 0.6

// scaledBins counts sorted numbers in parts of equal width on an axis, if almost
// all of them lie in one of bins. whole says that all numbers are.
func scaledBins(bins []Bin, sorted []float64, whole bool) (scale string, all []Bin) {
	if len(bins) < mostBins/2 || fullest(bins) < skewed {
		return "", nil
	}
	low, high := sorted[0], sorted[len(sorted)-1]
	if scale = Root; low > 0 {
		scale = Log
	}
	from, to := OnAxis(scale, low), OnAxis(scale, high)
	edges := []float64{low}
	for i := 1; i < mostBins; i++ {
		edge := fromAxis(scale, from+(to-from)*float64(i)/mostBins)
		if whole {
			edge = math.Ceil(edge)
		}
		if edge > edges[len(edges)-1] && edge < high {
			edges = append(edges, edge)
		}
	}
	edges = append(edges, high)
	all = make([]Bin, len(edges)-1)
	for i := range all {
		all[i] = Bin{From: realNumber(edges[i], 64), To: realNumber(edges[i+1], 64)}
	}
	i := 0
	for _, f := range sorted {
		for i+1 < len(all) && f >= edges[i+1] {
			i++
		}
		all[i].Count++
	}
	if fullest(all) > fullest(bins)*0.9 {
		return "", nil // which shows no more
	}
	return scale, all
}

// fullest is the share of the values that lie in the fullest bin.
func fullest(bins []Bin) float64 {
	most, sum := int64(0), int64(0)
	for _, b := range bins {
		most, sum = max(most, b.Count), sum+b.Count
	}
	return float64(most) / float64(max(sum, 1))
}
