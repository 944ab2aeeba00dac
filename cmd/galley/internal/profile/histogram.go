package profile

import (
	"math"
	"math/big"
)

// mostBins is how many parts a histogram has at most.
const mostBins = 20

// wholeBins counts sorted whole numbers in parts of equal width, at least 1.
// show is how the column shows a number.
func wholeBins(sorted []whole, low, high whole, show func(*big.Rat) Number) []Bin {
	first := low.big()
	values := new(big.Int).Sub(high.big(), first)
	values.Add(values, big.NewInt(1))
	width := ceil(values, big.NewInt(mostBins))
	count := int(ceil(values, width).Int64())
	all, edges := make([]Bin, count), make([]*big.Int, count+1)
	for i := range edges {
		edges[i] = new(big.Int).Mul(width, big.NewInt(int64(i)))
		edges[i].Add(edges[i], first)
	}
	for i := range all {
		all[i].From, all[i].To = show(new(big.Rat).SetInt(edges[i])), show(new(big.Rat).SetInt(edges[i+1]))
	}
	i := 0
	for _, v := range sorted {
		for i+1 < count && v.big().Cmp(edges[i+1]) >= 0 {
			i++
		}
		all[i].Count++
	}
	return all
}

// ceil is a / b, rounded up, of positive numbers.
func ceil(a, b *big.Int) *big.Int {
	up := new(big.Int).Sub(b, big.NewInt(1))
	return up.Add(up, a).Div(up, b)
}

// realBins counts sorted floating-point numbers in parts of equal width.
func realBins(sorted []float64, low, high float64) []Bin {
	// Half of the values, as the width of all may be no float64.
	half := high/2 - low/2
	edge := func(i int) float64 { return 2 * (low/2 + half*(float64(i)/mostBins)) }
	if half == 0 || edge(1) == low {
		return []Bin{{realNumber(low, 64), realNumber(high, 64), int64(len(sorted))}}
	}
	all := make([]Bin, mostBins)
	for i := range all {
		all[i] = Bin{From: realNumber(edge(i), 64), To: realNumber(edge(i+1), 64)}
	}
	all[0].From, all[mostBins-1].To = realNumber(low, 64), realNumber(high, 64)
	for _, f := range sorted {
		i := int(math.Floor((f/2 - low/2) / half * mostBins))
		all[max(min(i, mostBins-1), 0)].Count++
	}
	return all
}
