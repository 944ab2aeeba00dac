package profile

import (
	"context"
	"fmt"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Profile describes a table.
type Profile struct {
	Table       string        `json:"table"`
	Rows        int64         `json:"rows"`
	Columns     []Column      `json:"columns"`
	Correlation *Correlation  `json:"correlation,omitempty"`
	Took        time.Duration `json:"-"`
}

// Column describes a column.
type Column struct {
	Name     string      `json:"name"`
	Type     string      `json:"type"` // as schema.Column.Spec has it
	Nulls    int64       `json:"nulls"`
	Distinct int64       `json:"distinct"`
	About    bool        `json:"distinct_is_estimate"` // its standard error is 0.8 %
	Min      string      `json:"min,omitempty"`
	Max      string      `json:"max,omitempty"`
	Mean     *Number     `json:"mean,omitempty"`
	StdDev   *float64    `json:"std_dev,omitempty"`       // of the sample; of times in seconds
	Quantile []Number    `json:"quantiles,omitempty"`     // 5, 25, 50, 75 and 95 %
	Sampled  bool        `json:"quantiles_are_estimates"` // from a sample of rows
	Bins     []Bin       `json:"histogram,omitempty"`
	Scale    string      `json:"scale,omitempty"`            // of Scaled: "logarithm" or "square root"
	Scaled   []Bin       `json:"scaled_histogram,omitempty"` // of a skewed column, in parts of equal width on Scale
	Sizes    *Sizes      `json:"sizes,omitempty"`            // of text, JSON, blobs and vectors
	Top      []Frequency `json:"top,omitempty"`              // of text and bool: the most frequent values
	TopAbout bool        `json:"top_is_estimate,omitempty"`  // counts may be too high by Over
	Inf      int64       `json:"infinities,omitempty"`       // left out of all numbers above but Distinct

	number bool
	moment bool // a time
	length bool // a duration

	highest float64 // about Max, of numbers
}

// Sizes are the lengths of a column's values. All other figures of a vector column,
// from Min to Scaled, are of the numbers in its vectors.
type Sizes struct {
	Unit string  `json:"unit"` // "characters", "bytes" or "numbers"
	Min  int64   `json:"min"`
	Max  int64   `json:"max"`
	Mean float64 `json:"mean"`
}

// Bin is a part of a histogram: how many values lie in it, of those sampled.
type Bin struct {
	From  Number `json:"from"`
	To    Number `json:"to"` // belongs to the next bin, but for the last
	Count int64  `json:"count"`
}

// Frequency is a value and how often it comes: at most Count times, and at
// least Over times less.
type Frequency struct {
	Value string `json:"value"` // a long one ends in "…"
	Count int64  `json:"count"`
	Over  int64  `json:"over,omitempty"`
}

// Correlation is Pearson's for each two numeric columns, over the rows in
// which both have a value; nil where one of them does not vary.
type Correlation struct {
	Columns []string     `json:"columns"`
	Matrix  [][]*float64 `json:"matrix"`
}

// maxCorrelated is how many numeric columns are compared with one another.
const maxCorrelated = 40

// Of profiles a table. progress, unless nil, is called with the rows read so
// far.
func Of(ctx context.Context, b store.Backend, s *schema.Schema, progress func(rows int64)) (*Profile, error) {
	return OfRows(ctx, b, store.Select{Schema: s}, progress)
}

// OfRows profiles the rows of a query.
func OfRows(ctx context.Context, b store.Backend, rows store.Select, progress func(rows int64)) (*Profile, error) {
	s := rows.Schema
	began := time.Now()
	p := &Profile{Table: s.Name()}
	collectors := make([]*collector, len(s.Columns()))
	for i := range s.Columns() {
		collectors[i] = newCollector(&s.Columns()[i], len(s.Columns()))
	}
	pairs := newPairs(collectors)
	factors := map[*collector]float64{}
	flush := func() {
		for _, c := range collectors {
			if c.number {
				factors[c] = c.series.prepare()
				c.series.sum(factors[c])
			}
		}
		pairs.take(factors)
		for _, c := range collectors {
			c.series.next()
		}
	}
	err := b.Query(ctx, rows, func(r schema.Reader) (bool, error) {
		for i, c := range collectors {
			if err := c.take(r, i); err != nil {
				return false, fmt.Errorf("table %s, row %d: %w", s.Name(), p.Rows+1, err)
			}
		}
		if p.Rows++; p.Rows%blockRows == 0 {
			flush()
		}
		if progress != nil && p.Rows%10_000 == 0 {
			progress(p.Rows)
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	flush()
	for _, c := range collectors {
		p.Columns = append(p.Columns, c.column())
	}
	p.Correlation = pairs.correlation()
	p.Took = time.Since(began)
	return p, nil
}
