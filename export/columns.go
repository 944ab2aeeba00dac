package export

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
)

// unite finds the columns that all files of a dataset have after a merge: the table's,
// and those that only files have. Readers of a folder take the columns of one file for
// those of all, so a column that the file lacks would be missing without an error.
func (j *job) unite(w *writing) error {
	d := j.data
	before, err := w.before()
	if err != nil {
		before = &Manifest{}
	}
	for _, listed := range []bool{true, false} { // a text that is not listed may have all columns of those that are
		for _, folder := range slices.Sorted(maps.Keys(d.found)) {
			for _, p := range d.found[folder] {
				one := j.part(w, folder, p.number)
				entry := before.file(one.name)
				if (entry != nil) != listed {
					continue
				}
				have, err := one.columns(w, entry, d.columns)
				if p.columns = have; err == nil && entry != nil { // which a killed export may have left as it was
					p.columns, err = entry.schema()
				}
				if err != nil {
					return fmt.Errorf("%s: %w", one.name, err)
				}
				both, err := newMerge(one.name, cells.Stream{Schema: have}, cells.Stream{Schema: d.columns}, nil, false)
				if err != nil {
					return err
				}
				d.columns = both.schema
			}
		}
	}
	return nil
}

// columns are those of a file that exists: what Parquet or else the manifest says, and
// without either those of wide that it has.
func (j *job) columns(w *writing, entry *File, wide *schema.Schema) (*schema.Schema, error) {
	if entry != nil && w.opts.Format != formats.Parquet {
		return entry.schema()
	}
	d, err := w.opts.Format.Decoder(j.path, wide)
	if err != nil {
		return nil, fmt.Errorf("the existing file: %w", err)
	}
	return d.Schema(), d.Close()
}

// widen writes the files again that the merge did not write, and that lack columns
// which other files have, themselves or in the manifest.
func (j *job) widen(ctx context.Context, w *writing) error {
	d := j.data
	for _, folder := range slices.Sorted(maps.Keys(d.found)) {
		for _, p := range d.found[folder] {
			if p.written || sameColumns(p.columns, d.columns) {
				continue
			}
			none := cells.Stream{Schema: d.columns, Run: func(context.Context, *cells.Feeder) error { return nil }}
			if err := j.writePart(ctx, w, folder, p.number, true, none); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameColumns reports whether files with these columns are the same for a reader.
func sameColumns(a, b *schema.Schema) bool {
	return slices.EqualFunc(a.Columns(), b.Columns(), func(x, y schema.Column) bool {
		return x.Name == y.Name && x.Type == y.Type && x.Unit == y.Unit && x.Dim == y.Dim && x.Uint == y.Uint
	})
}
