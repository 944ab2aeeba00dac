package live

import (
	"slices"
	"time"
)

// Point is what a table had at one moment.
type Point struct {
	At      time.Time `json:"at"`
	Rows    int64     `json:"rows"`
	Batches int64     `json:"batches"`
}

// series is the history of a table since the page's start. It keeps a bounded
// number of points: when it is full, it drops every other one.
type series struct {
	points []Point
	late   []Point // the newest ones, back to the last that is older than pace
	step   int     // of the looks, every step-th is kept
	looks  int
}

const mostPoints = 240

func (s *series) add(p Point) {
	for len(s.late) > 1 && p.At.Sub(s.late[1].At) >= pace {
		s.late = slices.Delete(s.late, 0, 1)
	}
	s.late = append(s.late, p)
	s.step = max(s.step, 1)
	if s.looks++; (s.looks-1)%s.step != 0 {
		return
	}
	if len(s.points) == mostPoints {
		for i := range mostPoints / 2 {
			s.points[i] = s.points[2*i]
		}
		s.points, s.step = s.points[:mostPoints/2], 2*s.step
		if (s.looks-1)%s.step != 0 {
			return
		}
	}
	s.points = append(s.points, p)
}

// rate is how much a count grew a second from one point to the next.
func rate(from, to Point, count func(Point) int64) float64 {
	seconds := to.At.Sub(from.At).Seconds()
	if seconds <= 0 {
		return 0
	}
	return float64(max(count(to)-count(from), 0)) / seconds
}

func rowsOf(p Point) int64    { return p.Rows }
func batchesOf(p Point) int64 { return p.Batches }

// recent returns the point that rates are shown against: the newest one that is
// at least pace before now, else the oldest.
func (s *series) recent(now time.Time) (Point, bool) {
	for i := len(s.late) - 1; i >= 0; i-- {
		if now.Sub(s.late[i].At) >= pace || i == 0 {
			return s.late[i], true
		}
	}
	return Point{}, false
}

// upToNow is a copy of the points, of which the last is the newest.
func (s *series) upToNow() []Point {
	all := slices.Clone(s.points)
	if newest := s.late[len(s.late)-1]; all[len(all)-1] != newest {
		all = append(all, newest)
	}
	return all
}

// pace is the span over which the page's present rates are taken.
const pace = 5 * time.Second
