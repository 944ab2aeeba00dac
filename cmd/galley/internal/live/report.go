package live

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
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
	Sections []*Section
}

// Section describes a table.
type Section struct {
	*Detail
	ID     string // its anchor on the page
	Table  Table
	Points []Point // of its batches, by the time at which they were stored
	Body   template.HTML
	// Compared are figures of the rows that ComparedOf names in words.
	Compared   []*Figures
	ComparedOf string
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
	for i, t := range look.Tables {
		s, err := d.section(ctx, t, fmt.Sprintf("table-%d", i))
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Name, err)
		}
		if s != nil {
			r.Sections = append(r.Sections, s)
		}
	}
	return r, nil
}

// SectionOf reads one table of a file, as a report has it, nil if it does not
// exist. progress is called with the number of rows that were read.
func SectionOf(ctx context.Context, db *sqlite.DB, table string, progress func(rows int64)) (*Section, error) {
	d := File(db)
	d.all, d.progress = true, progress
	return d.section(ctx, Table{Name: table}, "table")
}

func (d *Database) section(ctx context.Context, t Table, id string) (*Section, error) {
	detail, err := d.Table(ctx, t.Name)
	if err != nil || detail == nil {
		return nil, err
	}
	t.Rows = detail.Profile.Rows // counted, so that it has no deleted rows
	s := &Section{Detail: detail, ID: id, Table: t}
	if s.Body, err = s.Profile.Body(id); err != nil {
		return nil, err
	}
	if s.Points, err = d.course(ctx, t); err != nil {
		return nil, err
	}
	described, err := d.db.Describe(ctx, t.Name)
	if err != nil || described == nil {
		return s, err
	}
	s.Compared, s.ComparedOf, err = d.comparisons(ctx, described, detail.Rows, s.Profile)
	return s, err
}

// courseParts is the largest number of parts of the time over which a report counts
// the rows of a table's batches, and partBatches the least number of batches for each
// part: one batch in a short part would look like a high rate.
const (
	courseParts = 120
	partBatches = 2
)

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
	return courseOf(stored), nil
}

// courseOf returns the same of batches in any order.
func courseOf(stored []store.StoredBatch) []Point {
	if len(stored) < 2 {
		return nil
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
	parts := min(max((len(stored)-1)/partBatches, 1), courseParts)
	part := last.Sub(first)/time.Duration(parts) + time.Microsecond
	points := make([]Point, parts+1)
	for _, b := range stored {
		p := &points[1+min(int(b.At.Sub(first)/part), parts-1)]
		p.Rows, p.Batches = p.Rows+b.Rows, p.Batches+1
	}
	for i := range points {
		points[i].At = first.Add(time.Duration(i) * part)
		if i > 0 {
			points[i].Rows += points[i-1].Rows
			points[i].Batches += points[i-1].Batches
		}
	}
	return points
}

// HTML writes the report as a page that needs nothing else.
func (r *Report) HTML(w io.Writer) error {
	return writePaper(w, paper{Title: r.Look.Name + " – report", Report: r})
}

// HTML writes the section as a page that needs nothing else.
func (s *Section) HTML(w io.Writer) error {
	return writePaper(w, paper{Title: s.Name + " – profile", Section: s})
}

// paper is a page that is read without a server. Its only script, which sorts
// tables, is named in its Content-Security-Policy by its hash.
type paper struct {
	Title   string
	Report  *Report
	Section *Section
	Style   template.CSS
	Script  template.JS
	Hash    string
}

func writePaper(w io.Writer, p paper) error {
	css, err := assets.ReadFile("assets/live.css")
	if err != nil {
		return err
	}
	script, err := assets.ReadFile("assets/sort.js")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(script)
	p.Style, p.Script = profile.Style()+template.CSS(css), template.JS(script)
	p.Hash = "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
	return pages.ExecuteTemplate(w, "paper", p)
}
