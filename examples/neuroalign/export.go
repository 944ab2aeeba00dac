package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/galley-db/galley/export"
)

// exports are the files of an export: each table as it is, and wide, with a
// row for each session. The keys identify rows, so the next export can be
// merged with this one.
var exports = []export.Table{
	{Name: "aseg", Key: []string{"subject", "session", "atlas", "struct_name"}},
	{Name: "aparc", Key: []string{"subject", "session", "hemi", "atlas", "struct_name"}},
	{Name: "measures", Key: []string{"subject", "session", "source", "field"}},
	{Name: "volumes", Key: []string{"subject", "session", "hemi", "atlas", "struct_name"}},
	{Name: "overlays", Key: []string{"subject", "session", "hemi", "atlas", "struct_name"}},
	{Name: "aseg", Wide: &export.Wide{
		Index: []string{"subject", "session"}, Columns: []string{"atlas", "struct_name"}, Values: []string{"volume_mm3"},
	}},
	{Name: "aparc", Wide: &export.Wide{
		Index: []string{"subject", "session"}, Columns: []string{"hemi", "atlas", "struct_name"}, Values: []string{"thick_avg", "gray_vol"},
	}},
	{Name: "volumes", Wide: &export.Wide{
		Index: []string{"subject", "session"}, Columns: []string{"hemi", "atlas", "struct_name"}, Values: []string{"volume_mm3"},
	}},
}

// export writes the tables to a folder, and creates it if necessary.
func (o *output) export(ctx context.Context, dir string, stdout io.Writer) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder of the export: %w", err)
	}
	// Not every study has all tables.
	var tables []export.Table
	for _, t := range exports {
		found, err := o.db.Describe(ctx, t.Name)
		if err != nil {
			return err
		}
		if found != nil {
			tables = append(tables, t)
		}
	}
	m, err := export.Write(ctx, o.db, export.Options{Dir: dir, Tables: tables, Existing: export.Merge, CountDistinct: []string{"subject", "session"}})
	if err != nil {
		return err
	}
	for _, f := range m.Files {
		fmt.Fprintf(stdout, "%s: %d rows of %d columns, %d sessions\n", filepath.Join(dir, f.Name), f.Rows, len(f.Columns), f.Distinct.Count)
	}
	return nil
}
