package export

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// job is one file to be written.
type job struct {
	table  Table
	schema *schema.Schema // of the table
	key    []string
	form   string
	values []string // of the wide form
	name   string   // of the file
	path   string   // of the file, or of the one that it links to
	exists bool

	data    *dataset      // for a folder of files, until writeParts has made a job of each
	section *cells.Stream // the rows of a file of a dataset

	file   *pending
	result *schema.Schema       // of the file
	named  map[string][]*string // by column of the wide form: the values that name it
	entry  File
}

// write writes the file under a temporary name, and syncs it.
func (j *job) write(ctx context.Context, w *writing) error {
	if err := w.opts.step("read " + j.name); err != nil {
		return err
	}
	rows, m, err := j.source(ctx, w)
	if err != nil {
		return err
	}
	j.result = rows.Schema
	if j.file, err = begin(w.opts.disk, j.path, w.opts.Perm); err != nil {
		return err
	}
	sums, different := cells.NewDigest(len(rows.Schema.Columns())), newDistinct(rows.Schema, j.counted(w))
	if err := w.opts.step("write " + j.name); err != nil {
		return err
	}
	count, err := j.encode(ctx, w, rows, j.file, func(c *cells.Chunk) {
		sums.Add(c)
		different.add(c)
	})
	if err != nil {
		return err
	}
	if err := w.opts.step("sync " + j.name); err != nil {
		return err
	}
	if err := j.file.finish(); err != nil {
		return err
	}
	j.entry = File{
		Name: j.name, Table: j.table.Name, Form: j.form, Format: w.opts.Format.String(),
		Rows: count, Distinct: different.result(), Fingerprint: j.result.Fingerprint(),
		Bytes: j.file.bytes, SHA256: j.file.sha256(), Added: count,
	}
	if m != nil {
		j.entry.Added, j.entry.Updated, j.entry.Kept = m.added, m.updated, m.kept
	}
	for i, sum := range sums.Sums() {
		c := j.result.Columns()[i]
		j.entry.Columns = append(j.entry.Columns, Column{formats.ColumnSpec{Name: c.Name, Spec: c.Spec()}, sum, j.named[c.Name]})
	}
	return nil
}

// encode writes rows in the form of the file, and returns their number. It gives
// each chunk to look.
func (j *job) encode(ctx context.Context, w *writing, rows cells.Stream, to io.Writer, look func(*cells.Chunk)) (int64, error) {
	enc, err := w.opts.Format.Encoder(to, rows.Schema, j.form)
	if err != nil {
		return 0, err
	}
	at := Progress{File: j.name, Total: j.total(ctx, w)}
	err = rows.Each(ctx, func(c *cells.Chunk) error {
		if err := j.narrow(c, at.Rows, w.opts.Clear); err != nil {
			return err
		}
		look(c)
		at.Rows += int64(c.Rows)
		if w.opts.Progress != nil {
			w.opts.Progress(at)
		}
		return enc.Write(c)
	})
	if err != nil {
		return 0, err
	}
	return at.Rows, enc.Close()
}

// counted are the columns whose combinations are counted in the file.
func (j *job) counted(w *writing) []string {
	if j.form == formRejected {
		return nil
	}
	return w.opts.CountDistinct
}

// narrow makes float32s of the values of float32 columns. Under Clear it refuses
// a value that is not one: the file would hold fewer of its digits.
func (j *job) narrow(c *cells.Chunk, before int64, clear bool) error {
	row, column, changed := c.Narrow()
	if !changed || !clear {
		return nil
	}
	return &store.StoredError{Table: j.table.Name, Row: before + int64(row) + 1, Err: &schema.ValueError{
		Column: c.Columns[column].Name, Err: fmt.Errorf("%w: it is not exactly a float32, and its other digits would be lost with the database", schema.ErrOverflow)}}
}

// source is the rows of the file, and the merge that they come from, if any.
func (j *job) source(ctx context.Context, w *writing) (cells.Stream, *merge, error) {
	merging := j.exists && w.opts.Existing == Merge
	if merging && len(j.key) == 0 {
		return cells.Stream{}, nil, fmt.Errorf("table %q: %w; name the columns that identify its rows", j.table.Name, ErrNoKey)
	}
	rows, err := j.rows(ctx, w, merging)
	if err != nil || !merging {
		return rows, nil, err
	}
	old, err := j.ordered(ctx, w, func() (formats.Decoder, error) { return j.earlier(w, rows.Schema) })
	if err != nil {
		return cells.Stream{}, nil, fmt.Errorf("the existing file: %w", err)
	}
	m, err := newMerge(j.name, old, rows, j.key, j.form == "wide")
	if err != nil {
		return cells.Stream{}, nil, err
	}
	return m.stream(), m, nil
}

// rows are the table's rows, ordered by the key for a merge.
func (j *job) rows(ctx context.Context, w *writing, ordered bool) (cells.Stream, error) {
	if j.form == formRejected {
		return j.rejected(ctx, w, ordered)
	}
	if j.table.Wide != nil {
		p, err := newPivot(ctx, w.from, j.schema, *j.table.Wide, j.values, j.table.Where, j.table.Args)
		if err != nil {
			return cells.Stream{}, err
		}
		var earlier *File
		if ordered {
			if m, err := w.before(); err == nil {
				earlier = m.file(j.name)
			}
		}
		return p.stream(), j.takeNames(p.named, earlier)
	}
	if j.section != nil {
		return *j.section, nil
	}
	q := store.Select{Schema: j.schema, Where: j.table.Where, Args: j.table.Args}
	if ordered {
		q.OrderBy = orderBy(w.from.Dialect(), j.schema, j.key)
	}
	return cells.TableStream(w.from, q), nil
}

// earlier opens the file that exists. What its columns are, Parquet says
// itself. Of text the manifest says it, unless the file is newer, after a crash
// before the manifest was written: then it may have the columns that a merge
// with the table gave it. Without a manifest they are the table's.
func (j *job) earlier(w *writing, table *schema.Schema) (formats.Decoder, error) {
	path := filepath.Join(w.opts.Dir, j.name)
	m, err := w.before()
	if w.opts.Format == formats.Parquet || err != nil || m.file(j.name) == nil {
		return w.opts.Format.Decoder(path, table)
	}
	entry := m.file(j.name)
	listed, err := entry.schema()
	if err != nil {
		return nil, err
	}
	if sum, err := formats.SumFile(path); err != nil {
		return nil, err
	} else if sum != entry.SHA256 {
		if both, err := newMerge(j.name, cells.Stream{Schema: listed}, cells.Stream{Schema: table}, nil, false); err == nil {
			if d, err := w.opts.Format.Decoder(path, both.schema); err == nil {
				return d, nil
			}
		}
	}
	if d, err := w.opts.Format.Decoder(path, listed); err == nil {
		return d, nil
	}
	return w.opts.Format.Decoder(path, table)
}

// total returns the number of rows to expect, -1 if it is unknown.
func (j *job) total(ctx context.Context, w *writing) int64 {
	if w.opts.Progress == nil || j.form != "long" || j.exists || j.section != nil {
		return -1
	}
	n, err := cells.Count(ctx, w.from, j.table.Name, j.table.Where, j.table.Args)
	if err != nil {
		return -1
	}
	return n
}
