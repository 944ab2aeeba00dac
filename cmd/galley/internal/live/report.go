package live

import (
	"context"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
	"github.com/galley-db/galley/cmd/galley/internal/profile"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// Report describes a whole file.
type Report struct {
	Look     *Look
	Engine   string
	Findings []doctor.Finding
	Sections []Section
}

// Section describes a table.
type Section struct {
	*Detail
	Points []Point // of its batches, by the time at which they were stored
	Body   template.HTML
}

// ReportOf reads all tables of a file.
func ReportOf(ctx context.Context, db *sqlite.DB, engine string, findings []doctor.Finding) (*Report, error) {
	d := File(db)
	d.all = true
	look, err := d.Look(ctx, &Look{})
	if err != nil {
		return nil, err
	}
	look.judge()
	r := &Report{Look: look, Engine: engine, Findings: findings}
	for _, t := range look.Tables {
		s := Section{}
		if s.Detail, err = d.Table(ctx, t.Name); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Name, err)
		}
		if s.Detail == nil {
			continue // dropped since
		}
		if s.Body, err = s.Profile.Body(); err != nil {
			return nil, err
		}
		if s.Points, err = d.course(ctx, t); err != nil {
			return nil, err
		}
		r.Sections = append(r.Sections, s)
	}
	return r, nil
}

// courseParts is the number of parts of the time over which a report counts the
// rows of a table's batches.
const courseParts = 120

// course returns the rows that a table's batches had brought at the end of each
// part of the time from the first of them to the last, none for fewer than two.
func (d *Database) course(ctx context.Context, t Table) ([]Point, error) {
	var stored []store.StoredBatch
	for b, err := range d.db.Batches(ctx, store.BatchFilter{Table: t.Name}) {
		if err != nil {
			return nil, err
		}
		stored = append(stored, b)
	}
	if len(stored) < 2 {
		return nil, nil
	}
	first, last := stored[0].At, stored[0].At
	for _, b := range stored {
		if b.At.Before(first) {
			first = b.At
		}
		if b.At.After(last) {
			last = b.At
		}
	}
	part := last.Sub(first)/courseParts + time.Microsecond
	points := make([]Point, courseParts+1)
	for _, b := range stored {
		p := &points[1+min(int(b.At.Sub(first)/part), courseParts-1)]
		p.Rows, p.Batches = p.Rows+b.Rows, p.Batches+1
	}
	for i := range points {
		points[i].At = first.Add(time.Duration(i) * part)
		if i > 0 {
			points[i].Rows += points[i-1].Rows
			points[i].Batches += points[i-1].Batches
		}
	}
	return points, nil
}

// HTML writes the report as a page that needs nothing else.
func (r *Report) HTML(w io.Writer) error {
	css, err := assets.ReadFile("assets/live.css")
	if err != nil {
		return err
	}
	return pages.ExecuteTemplate(w, "report", struct {
		*Report
		Style template.CSS
	}{r, profile.Style() + template.CSS(css)})
}
