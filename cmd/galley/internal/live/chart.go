package live

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
)

// curve is a line of rates over time, in a box of 600 by 80.
type curve struct {
	Line, Area string // points of an SVG polyline and polygon
	Most       string // the highest rate
	From, To   time.Time
	Total      string // what the count grew by
}

// chart draws the rows a second between the points, nil for fewer than two of
// them.
func chart(points []Point) *curve {
	if len(points) < 2 {
		return nil
	}
	first, last := points[0], points[len(points)-1]
	span := last.At.Sub(first.At).Seconds()
	if span <= 0 {
		return nil
	}
	rates, most := make([]float64, len(points)-1), 0.0
	for i := range rates {
		rates[i] = rate(points[i], points[i+1], rowsOf)
		most = math.Max(most, rates[i])
	}
	var b strings.Builder
	for i, r := range rates {
		y := 78.0
		if most > 0 {
			y -= 74 * r / most
		}
		for _, at := range []time.Time{points[i].At, points[i+1].At} {
			fmt.Fprintf(&b, "%.1f,%.1f ", 600*at.Sub(first.At).Seconds()/span, y)
		}
	}
	line := strings.TrimSpace(b.String())
	return &curve{Line: line, Area: "0,79 " + line + " 600,79", Most: shownRate(most), From: first.At, To: last.At,
		Total: sheet.Separated(last.Rows - first.Rows)}
}
