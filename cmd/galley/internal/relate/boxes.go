package relate

import (
	"cmp"
	"math"
	"slices"

	"github.com/galley-db/galley/cmd/galley/internal/profile"
)

// Boxes are the values of a column by the groups of another, as Tukey's box plot has
// them.
type Boxes struct {
	Of     string `json:"of"`
	By     string `json:"by"`
	Groups []Box  `json:"groups"` // by name
	More   int    `json:"more"`   // groups with fewer rows, left out
}

// Box describes the values of a group.
type Box struct {
	Name     string    `json:"name"`
	N        int       `json:"n"`
	Least    float64   `json:"least"` // other than the outliers
	Q1       float64   `json:"q1"`
	Median   float64   `json:"median"`
	Q3       float64   `json:"q3"`
	Most     float64   `json:"most"`
	Outliers []Outlier `json:"outliers"` // the farthest first
	More     int       `json:"more"`     // outliers beside those
}

// Outlier is a value that is farther from the quartiles than 1.5 times their
// distance from each other.
type Outlier struct {
	Row   string  `json:"row"`
	Value float64 `json:"value"`
	away  float64
}

const (
	mostGroups   = 40
	mostOutliers = 10
	whisker      = 1.5
)

// Boxes compares the values of a column between the groups of another, nil if no
// row has a value.
func (r *Rows) Boxes(of, by string) *Boxes {
	values, groups := r.numbers[of], r.texts[by]
	members := map[string][]int{}
	for i, name := range groups {
		if i < len(values) && values[i] == values[i] {
			members[name] = append(members[name], i)
		}
	}
	if len(members) == 0 {
		return nil
	}
	out := &Boxes{Of: of, By: by}
	var names []string
	for name := range members {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(len(members[b])-len(members[a]), cmp.Compare(a, b)) })
	if len(names) > mostGroups {
		out.More, names = len(names)-mostGroups, names[:mostGroups]
	}
	slices.Sort(names)
	for _, name := range names {
		out.Groups = append(out.Groups, r.box(name, values, members[name]))
	}
	return out
}

func (r *Rows) box(name string, values []float64, rows []int) Box {
	sorted := make([]float64, len(rows))
	for i, row := range rows {
		sorted[i] = values[row]
	}
	slices.Sort(sorted)
	b := Box{Name: name, N: len(rows), Q1: profile.Quantile(sorted, 25), Median: profile.Quantile(sorted, 50), Q3: profile.Quantile(sorted, 75), Outliers: []Outlier{}}
	reach := whisker * (b.Q3 - b.Q1)
	b.Least, b.Most = b.Q1, b.Q3
	for _, f := range sorted {
		if f >= b.Q1-reach && f <= b.Q3+reach {
			b.Least, b.Most = min(b.Least, f), max(b.Most, f)
		}
	}
	for _, row := range rows {
		if away := math.Max(b.Q1-values[row], values[row]-b.Q3); away > reach {
			b.Outliers = append(b.Outliers, Outlier{r.label(row), values[row], away})
		}
	}
	slices.SortStableFunc(b.Outliers, func(a, b Outlier) int { return cmp.Compare(b.away, a.away) })
	if len(b.Outliers) > mostOutliers {
		b.More, b.Outliers = len(b.Outliers)-mostOutliers, b.Outliers[:mostOutliers]
	}
	return b
}
