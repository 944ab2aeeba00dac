package live

import (
	"context"
	"slices"

	"github.com/galley-db/galley/cmd/galley/internal/profile"
	"github.com/galley-db/galley/cmd/galley/internal/relate"
	"github.com/galley-db/galley/schema"
)

// Choice names the columns that a figure compares; "" takes one that fits.
type Choice struct {
	Of   string `json:"of"`   // whose values
	By   string `json:"by"`   // whose groups
	Over string `json:"over"` // whose times, "" for the order of the rows
	With string `json:"with"` // the column on the other axis
}

// Figures compare the columns of a table.
type Figures struct {
	Choice
	Sample  string         `json:"sample"` // the rows that they are of, in words
	Numbers []string       `json:"numbers"`
	Groups  []string       `json:"groups"`
	Times   []string       `json:"times"`
	Boxes   *relate.Boxes  `json:"boxes,omitempty"`
	Course  *relate.Course `json:"course,omitempty"`
	Cloud   *relate.Cloud  `json:"cloud,omitempty"`
}

// Figures compares columns of a table, nil if it does not exist or has no numbers.
func (d *Database) Figures(ctx context.Context, name string, choice Choice) (*Figures, error) {
	s, err := d.db.Describe(ctx, name)
	if err != nil || s == nil {
		return nil, err
	}
	f := figuresOf(s, choice)
	if f == nil {
		return nil, nil
	}
	count, err := d.rows(ctx, s)
	if err != nil {
		return nil, err
	}
	query, words := d.sampled(s, count)
	rows, err := relate.Read(ctx, d.db, query, f.Of, f.By, f.Over, f.With)
	if err != nil {
		return nil, err
	}
	f.Sample = words(int64(rows.N))
	f.draw(rows)
	return f, nil
}

// figuresOf chooses the columns that are left open, or that the table does not have.
// It returns nil for a table without numbers.
func figuresOf(s *schema.Schema, choice Choice) *Figures {
	f := &Figures{Choice: choice, Groups: []string{}, Times: []string{}}
	keys := 0
	for i := range s.Columns() {
		c := &s.Columns()[i]
		switch {
		case relate.Numeric(c) && c.Key:
			f.Numbers = append(f.Numbers, c.Name)
			keys++
		case relate.Numeric(c): // before the keys, which seldom say much
			f.Numbers = slices.Insert(f.Numbers, len(f.Numbers)-keys, c.Name)
		case c.Type == schema.Time:
			f.Times = append(f.Times, c.Name)
		case relate.Grouping(c) && !(c.Key && len(s.Key()) == 1): // each row is a group of its own
			f.Groups = append(f.Groups, c.Name)
		}
	}
	if len(f.Numbers) == 0 {
		return nil
	}
	f.Of = among(f.Numbers, choice.Of, "")
	f.By = among(f.Groups, choice.By, "")
	f.Over = among(f.Times, choice.Over, "")
	f.With = among(f.Numbers, choice.With, f.Of)
	return f
}

// among is the name, if it is one of names, or else the first one other than not.
func among(names []string, name, not string) string {
	if slices.Contains(names, name) {
		return name
	}
	for _, n := range names {
		if n != not {
			return n
		}
	}
	return ""
}

func (f *Figures) draw(rows *relate.Rows) {
	f.Boxes = rows.Boxes(f.Of, f.By)
	f.Course = rows.Course(f.Of, f.Over)
	if f.With != "" {
		f.Cloud = rows.Cloud(f.With, f.Of)
	}
}

// What a report compares at most. The page of a table compares any columns.
const (
	reportNumbers = 12
	reportGroups  = 3
	reportSizes   = 30 // groups of a column
	reportPairs   = 6
)

// comparisons are the figures of a report: each number by each column with few
// groups and over time, and the pairs with the strongest correlations.
func (d *Database) comparisons(ctx context.Context, s *schema.Schema, count int64, p *profile.Profile) (all []*Figures, sample string, err error) {
	chosen := figuresOf(s, Choice{})
	if chosen == nil || count == 0 {
		return nil, "", nil
	}
	distinct := map[string]int64{}
	for _, c := range p.Columns {
		distinct[c.Name] = c.Distinct
	}
	numbers := slices.DeleteFunc(chosen.Numbers, func(n string) bool { return distinct[n] < 2 })
	numbers = numbers[:min(len(numbers), reportNumbers)]
	groups := slices.DeleteFunc(chosen.Groups, func(n string) bool { return distinct[n] < 2 || distinct[n] > reportSizes })
	groups = groups[:min(len(groups), reportGroups)]
	pairs := p.Correlation.Strongest(reportPairs)
	names := slices.Concat(numbers, groups, []string{chosen.Over})
	for _, pair := range pairs {
		names = append(names, pair.A, pair.B)
	}
	part := *d
	part.all = p.Rows <= exactRows // of a large table, a sample
	query, words := part.sampled(s, count)
	rows, err := relate.Read(ctx, d.db, query, names...)
	if err != nil {
		return nil, "", err
	}
	for _, of := range numbers {
		for _, by := range groups {
			all = append(all, &Figures{Boxes: rows.Boxes(of, by)})
		}
		all = append(all, &Figures{Course: rows.Course(of, chosen.Over)})
	}
	for _, pair := range pairs {
		all = append(all, &Figures{Cloud: rows.Cloud(pair.A, pair.B)})
	}
	return all, words(int64(rows.N)), nil
}
