package profile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// What the template shows of a correlation, laid out.
type (
	heat struct {
		Width, Height int
		Wide          bool // it must be scrolled on a narrow screen
		Labels        []label
		Cells         []cell
		Pairs         []Pair // the strongest
	}
	label struct {
		X, Y   int
		Text   string
		Turned bool
	}
	cell struct {
		X, Y, Size, TX, TY int
		Hue, Strength      string
		Title, Text        string
	}
)

// Pair is the correlation of two columns.
type Pair struct {
	A, B string
	R    float64
}

// Strongest returns the n pairs of columns with the strongest correlations.
func (c *Correlation) Strongest(n int) []Pair {
	if c == nil {
		return nil
	}
	var all []Pair
	for i, row := range c.Matrix {
		for k := i + 1; k < len(row); k++ {
			if r := row[k]; r != nil {
				all = append(all, Pair{c.Columns[i], c.Columns[k], *r})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Pair) int { return cmp.Compare(math.Abs(b.R), math.Abs(a.R)) })
	return all[:min(len(all), n)]
}

const (
	shownPairs  = 8
	narrowHeat  = 8  // columns that a narrow screen has room for
	labelRunes  = 20 // a longer name is cut
	labelPixels = 7  // of a character
)

// view lays the matrix out, nil for none.
func (c *Correlation) view() *heat {
	if c == nil {
		return nil
	}
	const size = 34
	n, longest := len(c.Columns), 0
	names := make([]string, n)
	for i, name := range c.Columns {
		if names[i] = name; len([]rune(name)) > labelRunes {
			names[i] = string([]rune(name)[:labelRunes-1]) + "…"
		}
		longest = max(longest, len([]rune(names[i])))
	}
	left := 16 + longest*labelPixels
	top := 20 + longest*labelPixels*3/4
	h := &heat{Width: left + n*size + (top-20)*2/3 + 10, Height: top + n*size + 4, Wide: n > narrowHeat}
	for i, name := range names {
		h.Labels = append(h.Labels,
			label{left - 8, top + i*size + size/2 + 4, name, false},
			label{left + i*size + size/2, top - 8, name, true})
		for k, r := range c.Matrix[i] {
			x := cell{X: left + k*size, Y: top + i*size, Size: size - 2, TX: left + k*size + size/2 - 1, TY: top + i*size + size/2 + 3,
				Hue: "plus", Strength: "0", Text: none, Title: c.Columns[i] + ", " + c.Columns[k] + ": one of them does not vary"}
			if r != nil {
				if *r < 0 {
					x.Hue = "minus"
				}
				x.Strength = strconv.FormatFloat(math.Abs(*r)*0.7, 'f', 2, 64)
				x.Text = strconv.FormatFloat(math.Round(*r*10)/10+0, 'f', 1, 64) // +0: no "-0.0"
				x.Title = fmt.Sprintf("%s, %s: %.3f", c.Columns[i], c.Columns[k], *r)
			}
			h.Cells = append(h.Cells, x)
		}
	}
	h.Pairs = c.Strongest(shownPairs)
	return h
}
