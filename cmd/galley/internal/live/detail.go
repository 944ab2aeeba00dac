package live

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/galley-db/galley/cmd/galley/internal/profile"
	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Detail describes a table.
type Detail struct {
	At       time.Time        `json:"at"`
	Name     string           `json:"name"`
	Rows     int64            `json:"rows"`
	Sample   string           `json:"sample"` // the rows that Profile is of, in words
	Profile  *profile.Profile `json:"profile,omitempty"`
	Columns  []string         `json:"columns"`
	Latest   [][]string       `json:"latest"` // rows, the newest first if the database has an order
	Batches  []Batch          `json:"batches"`
	Rejected []Reject         `json:"rejected"`
	More     int64            `json:"more_rejected"` // beside those
}

// Batch is a stored batch.
type Batch struct {
	Key  string    `json:"key"`
	Rows int64     `json:"rows"`
	At   time.Time `json:"at"`
}

// Reject is a row in quarantine.
type Reject struct {
	Key   string    `json:"key"`
	Row   string    `json:"row"`
	Error string    `json:"error"`
	At    time.Time `json:"at"`
}

const (
	sampleRows  = 20_000
	latestRows  = 20
	shownBatch  = 50
	shownReject = 50
)

// Table describes a table, nil if it does not exist.
func (d *Database) Table(ctx context.Context, name string) (*Detail, error) {
	s, err := d.db.Describe(ctx, name)
	if err != nil || s == nil {
		return nil, err
	}
	t := &Detail{At: time.Now(), Name: name, Latest: [][]string{}, Batches: []Batch{}, Rejected: []Reject{}}
	if t.Rows, err = d.rows(ctx, s); err != nil {
		return nil, err
	}
	if t.Profile, t.Sample, err = d.sample(ctx, s, t.Rows); err != nil {
		return nil, err
	}
	for _, c := range s.Columns() {
		t.Columns = append(t.Columns, c.Name)
	}
	latest := store.Select{Schema: s, Limit: latestRows}
	if d.path != "" {
		latest.OrderBy = sheet.RowNumber(s) + " DESC"
	}
	err = d.db.Query(ctx, latest, func(r schema.Reader) (bool, error) {
		row := make([]string, len(t.Columns))
		for i := range row {
			row[i] = sheet.Text(value(&s.Columns()[i], r, i))
		}
		t.Latest = append(t.Latest, row)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	if err := d.batches(ctx, t); err != nil {
		return nil, err
	}
	return t, d.rejected(ctx, t)
}

// sample profiles at most sampleRows rows. In a file it draws one row at random
// from each of that many parts of the table; on a server it takes the first ones.
func (d *Database) sample(ctx context.Context, s *schema.Schema, rows int64) (*profile.Profile, string, error) {
	query, words := store.Select{Schema: s, Limit: sampleRows}, fmt.Sprintf("the first %s rows", sheet.Separated(sampleRows))
	switch {
	case d.all || rows <= sampleRows:
		words, query.Limit = "all rows", 0
	case d.path != "":
		words = "a random sample of %s rows"
		query.Where = fmt.Sprintf("%s IN (WITH RECURSIVE part(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM part WHERE i < %d) "+
			"SELECT 1 + i * %d / %d + abs(random() %% %d) FROM part)", sheet.RowNumber(s), sampleRows-1, rows, sampleRows, max(rows/sampleRows, 1))
	}
	p, err := profile.OfRows(ctx, d.db, query, d.progress)
	if err == nil && query.Where != "" {
		words = fmt.Sprintf(words, sheet.Separated(p.Rows))
	}
	return p, words, err
}

func (d *Database) batches(ctx context.Context, t *Detail) error {
	for b, err := range d.db.Batches(ctx, store.BatchFilter{Table: t.Name}) {
		if err != nil {
			return err
		}
		t.Batches = append(t.Batches, Batch{b.Key, b.Rows, b.At})
		if len(t.Batches) >= 2*shownBatch {
			t.Batches = slices.Delete(t.Batches, 0, shownBatch) // they come oldest first
		}
	}
	slices.SortStableFunc(t.Batches, func(a, b Batch) int { return cmp.Or(b.At.Compare(a.At)) })
	t.Batches = t.Batches[:min(len(t.Batches), shownBatch)]
	return nil
}

func (d *Database) rejected(ctx context.Context, t *Detail) error {
	for r, err := range d.db.Rejected(ctx, store.RejectedFilter{Table: t.Name}) {
		if err != nil {
			return err
		}
		if len(t.Rejected) == shownReject {
			t.More++
			continue
		}
		t.Rejected = append(t.Rejected, Reject{r.Key, string(r.Row), r.Error, r.At})
	}
	return nil
}
