package export

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// plan finds out what files to write, and refuses what cannot be.
func (w *writing) plan(ctx context.Context) error {
	if w.opts.RowsPerFile < 0 {
		return fmt.Errorf("%w: RowsPerFile is %d; give the maximum number of rows in a file, or 0 for one file", store.ErrOptions, w.opts.RowsPerFile)
	}
	tables := w.opts.Tables
	if len(tables) == 0 || w.opts.Clear {
		all, err := w.from.Tables(ctx)
		if err != nil {
			return err
		}
		if len(tables) == 0 {
			for _, s := range all {
				tables = append(tables, Table{Name: s.Name()})
			}
		}
		if w.opts.Clear {
			if err := complete(all, tables); err != nil {
				return err
			}
		}
	}
	for _, t := range tables {
		if err := w.planTable(ctx, t); err != nil {
			return err
		}
	}
	if err := w.countable(); err != nil {
		return fmt.Errorf("counting different values: %w", err)
	}
	names := map[string]bool{}
	for _, name := range w.names() {
		if names[name] {
			return fmt.Errorf("%s would be written twice: %w", name, ErrExists)
		}
		names[name] = true
	}
	return nil
}

// existing finds the files that exist, and removes what killed exports left of
// them.
func (w *writing) existing() (err error) {
	if w.manifest, _, err = resolve(filepath.Join(w.opts.Dir, ManifestName)); err != nil {
		return err
	}
	for _, j := range w.jobs {
		path := filepath.Join(w.opts.Dir, j.name)
		if j.data != nil {
			if err := j.data.find(w, path); err != nil {
				return err
			}
			continue
		}
		if j.path, j.exists, err = resolve(path); err != nil {
			return err
		}
		if err := w.findDataset(j, filepath.Join(w.opts.Dir, fileName(j.table.Name))); err != nil {
			return err
		}
		if j.exists && w.opts.Existing == Refuse {
			return fmt.Errorf("%w: %s; merge with it, or replace it", ErrExists, path)
		}
	}
	for _, j := range w.jobs {
		if j.data == nil {
			w.sweep(j.path)
		}
	}
	w.sweep(w.manifest)
	return nil
}

// complete returns ErrPartial unless each table is written as it is.
func complete(all []*schema.Schema, tables []Table) error {
	whole := map[string]bool{}
	for _, t := range tables {
		if t.Wide == nil && t.Where == "" {
			whole[t.Name] = true
		}
	}
	for _, s := range all {
		if !whole[s.Name()] {
			return fmt.Errorf("%w: table %q is not among them, or only in part; write the whole table, or do not clear", ErrPartial, s.Name())
		}
	}
	return nil
}

func (w *writing) planTable(ctx context.Context, t Table) error {
	s, err := w.from.Describe(ctx, t.Name)
	if err != nil {
		return err
	}
	if s == nil {
		return &store.TableError{Table: t.Name}
	}
	key := t.Key
	if w.opts.partitioned() && t.Wide != nil {
		return fmt.Errorf("%w: the wide form of %q is not written in partitions; leave out PartitionBy and RowsPerFile", store.ErrOptions, t.Name)
	}
	if t.Wide == nil {
		if len(key) == 0 {
			key = s.Key()
		}
		if _, err := pick(s, key); err != nil { // also where there is nothing to merge with yet
			return err
		}
		j := &job{table: t, schema: s, key: key, form: "long", name: fileName(t.Name) + w.opts.Format.Extension()}
		if w.opts.partitioned() {
			if j.data, err = newDataset(s, key, w.opts); err != nil {
				return err
			}
			j.name = fileName(t.Name)
		}
		w.jobs = append(w.jobs, j)
		if t.Where == "" {
			return w.planRejected(ctx, t)
		}
		return nil
	}
	parts := [][]string{t.Wide.Values}
	if !t.Wide.OneTable {
		parts = nil
		for _, v := range t.Wide.Values {
			parts = append(parts, []string{v})
		}
	}
	for _, values := range parts {
		name := fileName(t.Name)
		if !t.Wide.OneTable {
			name += "." + fileName(values[0])
		}
		j := &job{table: t, schema: s, key: t.Wide.Index, form: "wide", values: values, name: name + ".wide" + w.opts.Format.Extension()}
		w.jobs = append(w.jobs, j)
	}
	return nil
}
