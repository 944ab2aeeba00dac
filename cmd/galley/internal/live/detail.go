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
	exactRows   = 20_000 // a table of more rows is described from a sample
	sampleRows  = 5_000  // so many that a table of 50 million answers within a second
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
	if d.numbered {
		latest.OrderBy = sheet.RowNumber(s) + " DESC"
	}
	err = d.db.Query(ctx, latest, func(r schema.Reader) (bool, error) {
		row := make([]string, len(t.Columns))
		for i := range row {
			row[i] = sheet.Text(sheet.Value(&s.Columns()[i], r, i))
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

// sample profiles the rows that sampled selects.
func (d *Database) sample(ctx context.Context, s *schema.Schema, rows int64) (*profile.Profile, string, error) {
	query, words := d.sampled(s, rows)
	p, err := profile.OfRows(ctx, d.db, query, d.progress)
	if err != nil {
		return nil, "", err
	}
	return p, words(p.Rows), nil
}

// sampled selects all rows of a small table and sampleRows of a large one, always the
// same ones, and returns what to call them. Where rows have numbers it takes one row from a place in
// each of that many parts of the table, which needs as many steps as rows; elsewhere
// it takes the first ones.
func (d *Database) sampled(s *schema.Schema, rows int64) (query store.Select, words func(n int64) string) {
	query = store.Select{Schema: s}
	if d.all || rows <= exactRows {
		return query, func(int64) string { return "all rows" }
	}
	query.Limit = sampleRows
	if !d.numbered {
		return query, func(n int64) string { return fmt.Sprintf("the first %s rows", sheet.Separated(n)) }
	}
	// The factor is Knuth's for hashing by multiplication.
	number, width := sheet.RowNumber(s), rows/sampleRows
	query.Where = fmt.Sprintf(`%[1]s IN (WITH RECURSIVE part(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM part WHERE i < %[3]d)
SELECT (SELECT min(sampled.%[1]s) FROM %[2]s AS sampled WHERE sampled.%[1]s > i * %[4]d + i * %[5]d / %[6]d + i * 2654435761 %% 4294967296 %% %[4]d) FROM part)`,
		number, schema.SQLite().Quote(s.Name()), sampleRows-1, width, rows%sampleRows, sampleRows)
	return query, func(n int64) string { return fmt.Sprintf("a sample of %s rows", sheet.Separated(n)) }
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
