package live

import (
	"context"
	"fmt"
	"time"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/spool"
)

// Spool is a Source of the spool in a folder: the batches that wait, and those
// that were collected. It has no keys of batches and describes no table.
type Spool struct{ Dir string }

// Look inspects the folder.
func (s Spool) Look(ctx context.Context, _ *Look) (*Look, error) {
	l := &Look{At: time.Now(), Processes: []Process{}, Faults: []string{}}
	r, err := spool.Inspect(ctx, s.Dir, false)
	if err != nil {
		return nil, err
	}
	l.Name = r.Path
	if free, known, err := fileid.Free(r.Path); err == nil && known {
		l.FreeBytes = &free
	}
	for _, t := range r.Tables {
		l.Bytes += t.Bytes
		l.Tables = append(l.Tables, Table{Name: t.Table, Rows: t.CollectedRows, Batches: t.Collected, Waiting: t.Waiting})
		if t.Oldest != nil && t.Oldest.Before(l.At.Add(-time.Hour)) {
			l.Faults = append(l.Faults, fmt.Sprintf("table %s: a batch has waited since %s; is galley collect running?", sheet.Printable(t.Table), clock(t.Oldest)))
		}
	}
	if n := len(r.Damaged); n > 0 {
		l.Faults = append(l.Faults, fmt.Sprintf("%d files are damaged; galley doctor names them", n))
	}
	l.Took = time.Since(l.At)
	return l, nil
}

// Table returns nil: the rows of a spool are in its collector's database.
func (Spool) Table(context.Context, string) (*Detail, error) { return nil, nil }

// Figures returns nil, as Table does.
func (Spool) Figures(context.Context, string, Choice) (*Figures, error) { return nil, nil }
