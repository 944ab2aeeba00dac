package profile

import "math"

// pairs gathers the correlations of numeric columns.
type pairs struct {
	columns []*collector
	sums    []moments // of columns i < k, in order
}

func newPairs(all []*collector) *pairs {
	p := &pairs{}
	for _, c := range all {
		if c.number && !c.moment && len(p.columns) < maxCorrelated {
			p.columns = append(p.columns, c)
		}
	}
	n := len(p.columns)
	p.sums = make([]moments, n*(n-1)/2)
	return p
}

// take takes the blocks of the columns, which are prepared and added up.
// factors are what prepare returned.
func (p *pairs) take(factors map[*collector]float64) {
	at := 0
	for i, a := range p.columns {
		for _, b := range p.columns[i+1:] {
			if fa, fb := factors[a], factors[b]; fa != 1 || fb != 1 {
				p.sums[at].scale(fa, fb)
			}
			p.sums[at].merge(both(&a.series, &b.series))
			at++
		}
	}
}

// both are the moments of a block of two columns.
func both(a, b *series) moments {
	if !a.lacking && !b.lacking {
		m := moments{n: a.part.n, x: a.part.x, y: b.part.x, xx: a.part.xx, yy: b.part.xx}
		for i, d := range a.away {
			m.xy += d * b.away[i]
		}
		return m
	}
	var m moments
	baseX, baseY := math.NaN(), 0.0
	for i, x := range a.block {
		if a.absent[i] || b.absent[i] {
			continue
		}
		if baseX != baseX {
			baseX, baseY = x, b.block[i]
		}
		m.n++
		m.x += x - baseX
		m.y += b.block[i] - baseY
	}
	if m.n == 0 {
		return m
	}
	m.x, m.y = baseX+m.x/m.n, baseY+m.y/m.n
	for i, x := range a.block {
		if a.absent[i] || b.absent[i] {
			continue
		}
		dx, dy := x-m.x, b.block[i]-m.y
		m.xx, m.yy, m.xy = m.xx+dx*dx, m.yy+dy*dy, m.xy+dx*dy
	}
	return m
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
		if one := 1.0; p.columns[i].series.total.n > 1 && p.columns[i].series.total.xx > 0 {
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
