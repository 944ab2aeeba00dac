package export

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// formRejected is the form of a file that has a table's rows in quarantine.
const formRejected = "rejected"

// rejectedColumns are what a table's quarantine says of a row, and the row's number
// among those that are the same in all of it. Together they are the key of a merge.
func rejectedColumns(table string) (*schema.Schema, error) {
	return schema.New(table+store.RejectsSuffix, []schema.Column{
		{Name: "at", Type: schema.Time},
		{Name: "key", Type: schema.Text, Nullable: true},
		{Name: "row", Type: schema.JSON},
		{Name: "error", Type: schema.Text},
		{Name: "nth", Type: schema.Int64},
	})
}

// planRejected adds the file for a table's rows in quarantine, if it has any, or
// if an earlier file exists that must be replaced.
func (w *writing) planRejected(ctx context.Context, t Table) error {
	name := fileName(t.Name) + ".rejected" + w.opts.Format.Extension()
	some := false
	for _, err := range w.from.Rejected(ctx, store.RejectedFilter{Table: t.Name, KeysOnly: true}) {
		if err != nil {
			return err
		}
		some = true
		break
	}
	if !some {
		_, err := os.Stat(filepath.Join(w.opts.Dir, name))
		if w.opts.Existing != Replace || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	s, err := rejectedColumns(t.Name)
	if err != nil {
		return err
	}
	var key []string
	for _, c := range s.Columns() {
		key = append(key, c.Name)
	}
	w.jobs = append(w.jobs, &job{table: Table{Name: t.Name}, schema: s, key: key, form: formRejected, name: name})
	return nil
}

// rejected is a table's rows in quarantine, ordered by all columns for a merge.
func (j *job) rejected(ctx context.Context, w *writing, ordered bool) (cells.Stream, error) {
	rows := cells.Stream{Schema: j.schema, Run: func(ctx context.Context, f *cells.Feeder) error {
		seen := map[[sha256.Size]byte]int64{}
		for r, err := range w.from.Rejected(ctx, store.RejectedFilter{Table: j.table.Name}) {
			if err != nil {
				return err
			}
			one := rejectedRow{r.At.UnixMicro(), r.Key, string(r.Row), r.Error}
			sum := sha256.Sum256(fmt.Appendf(nil, "%d %q %q %q", one.at, one.key, one.row, one.cause))
			seen[sum]++
			one.put(f.Chunk, seen[sum])
			if err := f.Advance(); err != nil {
				return err
			}
		}
		return nil
	}}
	if !ordered {
		return rows, nil
	}
	p := cells.Pull(ctx, rows)
	defer p.Stop()
	s, remove, err := sorted(ctx, rows.Schema, p.Next, j.key, w.opts.TempDir)
	if err == nil {
		w.tidy = append(w.tidy, remove)
		s.Schema = rows.Schema
	}
	return s, err
}

// rejectedRow is a row in quarantine.
type rejectedRow struct {
	at              int64
	key, row, cause string
}

// put adds the nth such row to a chunk.
func (r rejectedRow) put(c *cells.Chunk, nth int64) {
	c.Cells[0].Int(r.at)
	if r.key == "" {
		c.Cells[1].Null()
	} else {
		c.Cells[1].Text(r.key)
	}
	c.Cells[2].Text(r.row)
	c.Cells[3].Text(r.cause)
	c.Cells[4].Int(nth)
	c.Rows++
}

// decoded is the rows of a file, for sorted.
func decoded(d formats.Decoder) func() (*cells.Chunk, error) {
	c := cells.New(d.Schema())
	return func() (*cells.Chunk, error) { return c, d.Next(c) }
}
