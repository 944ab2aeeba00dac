package profile

import "math"

// pairs gathers the correlations of numeric columns.
type pairs struct {
	columns []*collector
	first   []float64 // values are taken less the first, which keeps sums small
	known   []bool
	sums    []sums // of columns i < k, in order
}

type sums struct{ n, x, y, xx, yy, xy float64 }

func newPairs(all []*collector) *pairs {
	p := &pairs{}
	for _, c := range all {
		if c.number && !c.moment && len(p.columns) < maxCorrelated {
			p.columns = append(p.columns, c)
		}
	}
	n := len(p.columns)
	p.first, p.known = make([]float64, n), make([]bool, n)
	p.sums = make([]sums, n*(n-1)/2)
	return p
}

// take takes the values of this row.
func (p *pairs) take() {
	at := 0
	for i, a := range p.columns {
		if !a.valid {
			at += len(p.columns) - i - 1
			continue
		}
		if !p.known[i] {
			p.first[i], p.known[i] = a.value, true
		}
		x := a.value - p.first[i]
		for k := i + 1; k < len(p.columns); k++ {
			b := p.columns[k]
			if b.valid {
				if !p.known[k] {
					p.first[k], p.known[k] = b.value, true
				}
				y := b.value - p.first[k]
				s := &p.sums[at]
				s.n++
				s.x, s.y = s.x+x, s.y+y
				s.xx, s.yy, s.xy = s.xx+x*x, s.yy+y*y, s.xy+x*y
			}
			at++
		}
	}
}

// correlation is nil for fewer than two numeric columns.
func (p *pairs) correlation() *Correlation {
	n := len(p.columns)
	if n < 2 {
		return nil
	}
	c := &Correlation{}
	for _, col := range p.columns {
		c.Columns = append(c.Columns, col.col.Name)
		c.Matrix = append(c.Matrix, make([]*float64, n))
	}
	at := 0
	for i := range n {
		one := 1.0
		if p.columns[i].n > 1 && p.columns[i].m2 > 0 {
			c.Matrix[i][i] = &one
		}
		for k := i + 1; k < n; k++ {
			r := p.sums[at].pearson()
			c.Matrix[i][k], c.Matrix[k][i] = r, r
			at++
		}
	}
	return c
}

func (s *sums) pearson() *float64 {
	xx, yy := s.n*s.xx-s.x*s.x, s.n*s.yy-s.y*s.y
	// What is left by rounding alone is no variation.
	if s.n < 2 || xx <= 1e-12*s.n*s.xx || yy <= 1e-12*s.n*s.yy {
		return nil
	}
	r := (s.n*s.xy - s.x*s.y) / math.Sqrt(xx*yy)
	r = max(min(r, 1), -1)
	return &r
}
