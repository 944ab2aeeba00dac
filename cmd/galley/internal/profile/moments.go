package profile

import "math"

// moments are the mean of two columns over the rows in which both have a value,
// and the sums of squares and products of their distances from it. Sums of
// parts are merged as Chan, Golub and LeVeque do ("Updating Formulae and a
// Pairwise Algorithm for Computing Sample Variances", 1979): no large sums are
// subtracted from one another, so that no digits are lost.
type moments struct{ n, x, y, xx, yy, xy float64 }

func (m *moments) merge(part moments) {
	switch {
	case part.n == 0:
		return
	case m.n == 0:
		*m = part
		return
	}
	n := m.n + part.n
	dx, dy, weight := part.x-m.x, part.y-m.y, m.n*part.n/n
	m.xx += part.xx + dx*dx*weight
	m.yy += part.yy + dy*dy*weight
	m.xy += part.xy + dx*dy*weight
	m.x += dx * part.n / n
	m.y += dy * part.n / n
	m.n = n
}

// scale multiplies the values of the columns.
func (m *moments) scale(x, y float64) {
	m.x, m.xx, m.y, m.yy, m.xy = m.x*x, m.xx*x*x, m.y*y, m.yy*y*y, m.xy*x*y
}

// pearson is nil where one of the columns does not vary.
func (m *moments) pearson() *float64 {
	if m.n < 2 || m.xx <= 0 || m.yy <= 0 {
		return nil
	}
	r := m.xy / math.Sqrt(m.xx) / math.Sqrt(m.yy)
	r = max(min(r, 1), -1)
	return &r
}

// blockRows is how many rows are gathered before they are added up.
const blockRows = 512

// series adds up a numeric column block by block. Its values are taken less the
// first one and times a power of 2, so that neither large nor small numbers
// leave the range of float64 when they are squared.
type series struct {
	block   []float64 // one for each row of the block
	absent  []bool    // the row has no finite value
	lacking bool      // some row of the block is absent

	scaled bool // origin and exponent are known
	origin float64
	power  int // values are multiplied by 2^-power

	part  moments // of this block, x only
	total moments
	away  []float64 // distances from the block's mean
}

func (s *series) add(f float64) { s.block, s.absent = append(s.block, f), append(s.absent, false) }
func (s *series) skip() {
	s.block, s.absent, s.lacking = append(s.block, 0), append(s.absent, true), true
}

// prepare brings the block to the scale of the column, or the other way round.
// It returns the factor by which what was added up before must be multiplied.
func (s *series) prepare() (factor float64) {
	largest, first := 0.0, math.NaN()
	for i, f := range s.block {
		if !s.absent[i] {
			if first != first {
				first = f
			}
			largest = max(largest, math.Abs(f))
		}
	}
	factor = 1
	if _, power := math.Frexp(largest); largest > 0 && (!s.scaled || power > s.power+400) {
		// 2^-power must be a float64 itself.
		power = max(power, -900)
		if s.scaled {
			factor = math.Ldexp(1, s.power-power)
		} else {
			s.origin = math.Ldexp(first, -power)
		}
		s.origin *= factor
		s.power, s.scaled = power, true
	}
	times := math.Ldexp(1, -s.power)
	for i, f := range s.block {
		s.block[i] = f*times - s.origin
	}
	return factor
}

// sum adds the prepared block up.
func (s *series) sum(factor float64) {
	s.total.scale(factor, 0)
	s.part = moments{}
	s.away = s.away[:0]
	base, sum := math.NaN(), 0.0
	for i, f := range s.block {
		if s.absent[i] {
			continue
		}
		if base != base {
			base = f
		}
		s.part.n++
		sum += f - base
	}
	if s.part.n == 0 {
		return
	}
	s.part.x = base + sum/s.part.n
	for _, f := range s.block {
		s.away = append(s.away, f-s.part.x)
	}
	for i, d := range s.away {
		if !s.absent[i] {
			s.part.xx += d * d
		}
	}
	s.total.merge(s.part)
}

// next begins another block.
func (s *series) next() { s.block, s.absent, s.lacking = s.block[:0], s.absent[:0], false }

// mean and deviation are those of the column; the deviation of the sample is
// nil for fewer than two values, and where it is no float64.
func (s *series) mean() float64 { return math.Ldexp(s.origin+s.total.x, s.power) }

func (s *series) deviation(unit float64) *float64 {
	if s.total.n < 2 {
		return nil
	}
	d := math.Ldexp(math.Sqrt(s.total.xx/(s.total.n-1)), s.power) / unit
	if math.IsInf(d, 0) {
		return nil
	}
	return &d
}
