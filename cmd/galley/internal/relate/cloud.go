package relate

import "math"

// Cloud is one column against another: how many rows lie in each cell of a grid.
type Cloud struct {
	X       string     `json:"x"`
	Y       string     `json:"y"`
	N       int        `json:"n"`
	Low     [2]float64 `json:"low"`               // of x and y
	High    [2]float64 `json:"high"`              // likewise
	Cells   [][]int    `json:"cells"`             // by y, then x
	Pearson *float64   `json:"pearson,omitempty"` // nil if one of them does not vary
}

const (
	cloudWidth  = 40
	cloudHeight = 24
)

// Cloud compares two columns, nil if no row has both values.
func (r *Rows) Cloud(x, y string) *Cloud {
	xs, ys := r.numbers[x], r.numbers[y]
	inf := math.Inf(1)
	c := &Cloud{X: x, Y: y, Low: [2]float64{inf, inf}, High: [2]float64{-inf, -inf}, Cells: make([][]int, cloudHeight)}
	for i := range c.Cells {
		c.Cells[i] = make([]int, cloudWidth)
	}
	each := func(do func(x, y float64)) {
		for i := range min(len(xs), len(ys)) {
			if xs[i] == xs[i] && ys[i] == ys[i] {
				do(xs[i], ys[i])
			}
		}
	}
	var meanX, meanY, xx, yy, xy float64
	each(func(x, y float64) {
		c.N++
		c.Low[0], c.High[0] = min(c.Low[0], x), max(c.High[0], x)
		c.Low[1], c.High[1] = min(c.Low[1], y), max(c.High[1], y)
		// Welford's update, which subtracts no large sums from one another.
		dx, dy := x-meanX, y-meanY
		meanX += dx / float64(c.N)
		meanY += dy / float64(c.N)
		xx, yy, xy = xx+dx*(x-meanX), yy+dy*(y-meanY), xy+dx*(y-meanY)
	})
	if c.N == 0 {
		return nil
	}
	each(func(x, y float64) {
		c.Cells[bin(y, c.Low[1], c.High[1], cloudHeight)][bin(x, c.Low[0], c.High[0], cloudWidth)]++
	})
	if p := xy / math.Sqrt(xx) / math.Sqrt(yy); xx > 0 && yy > 0 && !math.IsInf(p, 0) && p == p {
		p = max(min(p, 1), -1)
		c.Pearson = &p
	}
	return c
}
