package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/galley-db/galley/spool"
)

// abandoned is the age from which a file without a name is taken for that of a
// killed writer. The clocks of hosts may differ by an hour.
const abandoned = 2 * time.Hour

// ExamineSpool looks into the spool in the folder dir. full also reads and
// verifies every batch that waits.
func ExamineSpool(ctx context.Context, dir string, full bool) ([]Finding, error) {
	r, err := spool.Inspect(ctx, dir, full)
	if err != nil {
		return nil, err
	}
	e := &examination{path: r.Path}
	e.fine("spool", r.Path)
	for _, t := range r.Tables {
		e.batches(t, full)
	}
	if n := len(r.Damaged); n > 0 {
		f := r.Damaged[0]
		e.problem("damaged", fmt.Sprintf("files that were set aside: %d; %s: %s", n, f.Path, f.Reason),
			"read the reason beside each file (.txt); store the batch again if it is not done, and remove the file")
	}
	old := 0
	for _, f := range r.Temps {
		if time.Since(f.Time) > abandoned {
			old++
		}
	}
	switch {
	case old > 0:
		e.note("leftovers", fmt.Sprintf("files of writers that were killed: %d, such as %s", old, r.Temps[0].Path),
			"remove them (their names begin with .tmp-); no batch is in them")
	case len(r.Temps) > 0:
		e.fine("leftovers", fmt.Sprintf("files that are being written: %d", len(r.Temps)))
	default:
		e.fine("leftovers", "none")
	}
	if n := len(r.Foreign); n > 0 {
		e.note("foreign", fmt.Sprintf("files that do not belong in a spool: %d, such as %s", n, r.Foreign[0]), "move them elsewhere")
	}
	return e.found, nil
}

// batches is about one table of a spool.
func (e *examination) batches(t spool.TableReport, full bool) {
	text := fmt.Sprintf("waiting: %d batches, %s; collected: %d batches, %d rows", t.Waiting, Size(t.Bytes), t.Collected, t.CollectedRows)
	if t.Oldest != nil {
		text += "; the oldest is from " + t.Oldest.UTC().Format("2006-01-02T15:04:05Z")
	}
	check := "table " + t.Table
	switch {
	case len(t.Bad) > 0:
		e.problem(check, fmt.Sprintf("%s; damaged: %d, such as %s: %s", text, len(t.Bad), t.Bad[0].Path, t.Bad[0].Reason),
			"run galley collect, which sets them aside, and store these batches again")
	case full && t.Waiting > 0:
		e.fine(check, text+"; every batch is complete")
	default:
		e.fine(check, text)
	}
}
