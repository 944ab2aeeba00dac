package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// dataset is a table that is written as a folder of files. Its rows are read once,
// in the order of their partitions and, within one, of the key. So each part of a
// partition has a range of keys of its own, and a merge leaves each row in its file:
// whatever a crash leaves, no row is in no file or in two.
type dataset struct {
	schema  *schema.Schema // of the table
	columns *schema.Schema // of all files, which begin with those of the table
	by      []int          // the columns of PartitionBy
	key     []int
	order   []string // of the rows: by, then key
	perFile int64

	extension string // of its files

	root    string             // its folder
	foreign string             // a data file in it that is not of the dataset, "" for none
	found   map[string][]*part // the files that it has already, by folder
	folders map[string]bool    // below root that exist
	folded  map[string]string  // the same, as a file system sees them that ignores case
	files   int
}

func newDataset(s *schema.Schema, key []string, opts Options) (*dataset, error) {
	by, err := partitionable(s, opts.PartitionBy)
	if err != nil {
		return nil, err
	}
	d := &dataset{schema: s, columns: s, by: by, perFile: opts.RowsPerFile, extension: opts.Format.Extension(), found: map[string][]*part{}, folders: map[string]bool{}, folded: map[string]string{}}
	for _, name := range key {
		i, _ := s.Column(name) // which planTable has checked
		d.key = append(d.key, i)
	}
	for _, i := range by {
		name := s.Columns()[i].Name
		if len(key) > 0 && opts.Existing == Merge && !slices.Contains(d.key, i) {
			return nil, &PartitionError{Table: s.Name(), Column: name,
				Reason: "it is not part of the key, so a row that moves to another partition would be in both; replace the dataset, or give a key with the column if no row ever moves"}
		}
		d.order = append(d.order, name)
	}
	for _, i := range d.key {
		if !slices.Contains(by, i) {
			d.order = append(d.order, s.Columns()[i].Name)
		}
	}
	return d, nil
}

// sorted are the columns by which the rows of a table with a key are ordered.
func (d *dataset) sorted() []int {
	if len(d.key) == 0 {
		return nil
	}
	columns := make([]int, len(d.order))
	for n, name := range d.order {
		columns[n], _ = d.schema.Column(name)
	}
	return columns
}

// folderOf is the folder of a column's NULL.
func (d *dataset) folderOf(column int) string {
	return formats.PartitionFolder(d.schema.Columns()[column].Name, nil)
}

// claim records a folder, unless it differs from another in case only.
func (d *dataset) claim(folder string) error {
	lower := strings.ToLower(folder)
	if other, ok := d.folded[lower]; ok && other != folder {
		return &PartitionError{Table: d.schema.Name(), Reason: fmt.Sprintf("the folders %s and %s are the same folder if the file system ignores case; change one of the values, or choose another column", other, folder)}
	}
	d.folded[lower], d.folders[folder] = folder, true
	return nil
}

// parent is the folder above a folder, "" for that of the table.
func parent(folder string) string {
	if above := path.Dir(folder); above != "." {
		return above
	}
	return ""
}

// create creates a folder below root, and those above it, so their names survive
// power loss. A name that exists and was not found is that of another value: the
// file system ignores the difference.
func (d *dataset) create(w *writing, folder string) error {
	if d.folders[folder] {
		return nil
	}
	dir, above := d.root, w.opts.Dir
	if folder != "" {
		if err := d.create(w, parent(folder)); err != nil {
			return err
		}
		dir = filepath.Join(d.root, filepath.FromSlash(folder))
		above = filepath.Dir(dir)
		if err := d.claim(folder); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o755); errors.Is(err, fs.ErrExist) {
		return &PartitionError{Table: d.schema.Name(), Reason: fmt.Sprintf("on this file system, %s is also the folder of another value; change one of the values, or choose another column", dir)}
	} else if err != nil {
		return err
	}
	d.folders[folder] = true
	w.tidy = append(w.tidy, func() { _ = os.Remove(dir) }) // which fails unless the export did
	return w.opts.disk.syncFolder(above)
}

// writeParts writes the files of a dataset.
func (j *job) writeParts(ctx context.Context, w *writing) error {
	d := j.data
	w.datasets = append(w.datasets, d)
	written := map[string]bool{}
	q := store.Select{Schema: j.schema, Where: j.table.Where, Args: j.table.Args, OrderBy: orderBy(w.from.Dialect(), j.schema, d.order)}
	var order []int
	if w.opts.Existing == Merge {
		order = d.sorted()
		if err := j.unite(w); err != nil {
			return err
		}
	}
	rows, err := newCursor(ctx, w.from, q, d.columns, d.by, order)
	if err != nil {
		return err
	}
	defer rows.p.Stop()
	if !rows.more && len(d.found) == 0 || !rows.more && w.opts.Existing == Replace {
		return j.writeEmpty(ctx, w, rows)
	}
	for rows.more {
		folder, err := partitionName(rows.p.Cur, rows.p.Row, d.by, j.table.Name)
		if err != nil {
			return err
		}
		if written[folder] { // it would replace its own files
			return &PartitionError{Table: j.table.Name, Reason: fmt.Sprintf("the database does not return the rows of folder %s one after the other; choose another column", folder)}
		}
		written[folder] = true
		rows.enter()
		if err := j.writePartition(ctx, w, rows, folder); err != nil {
			return err
		}
	}
	if w.opts.Existing == Merge {
		return j.widen(ctx, w)
	}
	return nil
}

// writeEmpty writes one file without rows, which has the columns of the table. It
// lies where NULLs do, so readers find the columns in the path, too.
func (j *job) writeEmpty(ctx context.Context, w *writing, rows *cursor) error {
	levels := make([]string, len(j.data.by))
	for n, i := range j.data.by {
		levels[n] = j.data.folderOf(i)
	}
	return j.writePart(ctx, w, strings.Join(levels, "/"), 0, false, rows.section(func(int64) bool { return false }))
}

// writePartition writes the rows of one partition: into the parts in whose range
// they are, and the rest into new ones.
func (j *job) writePartition(ctx context.Context, w *writing, rows *cursor, folder string) error {
	d, next := j.data, 0
	if w.opts.Existing == Merge {
		old := d.found[folder]
		if len(old) > 0 && len(j.key) == 0 {
			return fmt.Errorf("table %q: %w; name the columns that identify its rows", j.table.Name, ErrNoKey)
		}
		if err := j.ranges(ctx, w, old); err != nil {
			return err
		}
		for i, p := range old {
			next = p.number + 1
			takes := func(taken int64) bool { return d.takes(old, i, rows, taken) }
			if !rows.inside() || !takes(0) {
				continue
			}
			p.written = true
			if err := j.writePart(ctx, w, folder, p.number, true, rows.section(takes)); err != nil {
				return err
			}
		}
	}
	for ; rows.inside(); next++ {
		takes := func(taken int64) bool { return d.perFile == 0 || taken < d.perFile }
		if err := j.writePart(ctx, w, folder, next, false, rows.section(takes)); err != nil {
			return err
		}
	}
	return nil
}

// part is the job for a file of a dataset.
func (j *job) part(w *writing, folder string, number int) *job {
	one := *j
	one.data = nil
	one.name = path.Join(j.name, folder, partName(number, w.opts.Format.Extension()))
	one.path = filepath.Join(w.opts.Dir, filepath.FromSlash(one.name))
	return &one
}

// writePart writes a file of a dataset.
func (j *job) writePart(ctx context.Context, w *writing, folder string, number int, exists bool, rows cells.Stream) error {
	if j.data.files++; j.data.files > maxFiles {
		return &PartitionError{Table: j.table.Name, Reason: fmt.Sprintf("it has more than %d files; choose columns with fewer values, or more rows a file, or export parts of it with a condition", maxFiles)}
	}
	if err := j.data.create(w, folder); err != nil {
		return err
	}
	one := j.part(w, folder, number)
	one.exists, one.section = exists, &rows
	w.jobs = append(w.jobs, one)
	return one.write(ctx, w)
}
