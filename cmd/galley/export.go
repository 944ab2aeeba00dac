package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/store/sqlite"
)

// exportFlags are the flags of the verb.
type exportFlags struct {
	dir, format, where                    string
	merge, replace, clear, wide           bool
	oneTable                              bool
	key, index, columns, values, distinct []string
}

func newExport(a *app) *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export FILE [TABLE...] [-o DIR] [--format parquet|csv|jsonl] [--merge | --replace] [--clear]",
		Short: "Write tables to Parquet, CSV or JSON Lines",
		Long: `Write some tables, or all, to DIR: TABLE.parquet and the like, and a
manifest.json with rows, columns, fingerprints and sums. The rows that a table
refused go to TABLE.rejected.parquet, with their keys, errors and times.

export writes each file beside the file that it replaces, syncs it and renames
it. A crash leaves the old file or the new one, whole. If a file exists, --merge
adds the table's rows to it by key and keeps every row that only the file has;
--replace replaces the file; without either, export writes nothing.

Exports into one folder run one after the other. Where a file is a symbolic
link, export replaces the file that the link points to.

--wide makes one row of many: --index names the columns that identify a new row,
--columns the columns whose values name the new columns, and --values the
columns whose values fill them. Each of --values gets its own file,
TABLE.VALUE.wide.parquet.

--clear removes the database after export has read each file back and has
compared its rows and values with those read from the database, and only if no
process wrote to the database meanwhile. It requires all tables, and not --wide.`,
		Example: `  galley export features.db -o out
  galley export features.db aseg --merge --key subject,session,atlas,struct_name -o out
  galley export features.db aseg --wide --index subject,session --columns atlas,struct_name --values volume_mm3,norm_mean -o out
  galley export features.db --clear -o out`,
		Args: between(1, "FILE", "TABLE..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts, err := f.options(cmd, args[1:])
			if err != nil {
				return err
			}
			open := reading
			if f.clear {
				open = writing
			}
			return open(cmd.Context(), args[0], func(db *sqlite.DB) error {
				for _, name := range args[1:] {
					if _, err := described(cmd.Context(), db, name); err != nil {
						return err
					}
				}
				if err := export.MakeDir(f.dir); err != nil {
					return err
				}
				bar := a.bar("rows")
				opts.Waiting = func(holder string) {
					a.say("waiting for %s, which exports into %s", sheet.Printable(holder), f.dir)
				}
				opts.Progress = func(p export.Progress) { bar.at(p.Rows, p.Total, p.File) }
				m, err := export.Write(cmd.Context(), db, opts)
				bar.end()
				if errors.Is(err, sqlite.ErrInUse) {
					err = fmt.Errorf("%w%s", err, held(db.Path()))
				}
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(m)
				}
				return a.printExport(m, opts.Clear)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.dir, "output", "o", ".", "write into `DIR`, which is created if it is missing")
	flags.StringVarP(&f.format, "format", "f", "parquet", "`FORMAT`: parquet, csv or jsonl")
	flags.BoolVar(&f.merge, "merge", false, "add to existing files, by key")
	flags.BoolVar(&f.replace, "replace", false, "replace existing files")
	flags.BoolVar(&f.clear, "clear", false, "remove the database after its export was read back")
	flags.StringVar(&f.where, "where", "", "export only the rows that meet an SQL `CONDITION`; for one table")
	flags.StringSliceVar(&f.key, "key", nil, "`COLUMNS` that identify a row, for --merge (default the table's key)")
	flags.BoolVar(&f.wide, "wide", false, "make one row of many")
	flags.StringSliceVar(&f.index, "index", nil, "`COLUMNS` that identify a wide row")
	flags.StringSliceVar(&f.columns, "columns", nil, "`COLUMNS` whose values name the wide columns")
	flags.StringSliceVar(&f.values, "values", nil, "`COLUMNS` whose values fill the wide columns")
	flags.BoolVar(&f.oneTable, "one-table", false, "put all --values into one wide file")
	flags.StringSliceVar(&f.distinct, "count-distinct", nil, "`COLUMNS` whose different combinations the manifest counts")
	return cmd
}

func (f *exportFlags) options(cmd *cobra.Command, tables []string) (export.Options, error) {
	opts := export.Options{Dir: f.dir, Clear: f.clear, CountDistinct: f.distinct}
	var err error
	if opts.Format, err = export.ParseFormat(f.format); err != nil {
		return opts, wrong(cmd, "--format %s: want parquet, csv or jsonl", f.format)
	}
	switch {
	case f.merge && f.replace:
		return opts, wrong(cmd, "--merge and --replace exclude each other")
	case f.merge:
		opts.Existing = export.Merge
	case f.replace:
		opts.Existing = export.Replace
	}
	var wide *export.Wide
	switch given := len(f.index) + len(f.columns) + len(f.values); {
	case !f.wide && (given > 0 || f.oneTable):
		return opts, wrong(cmd, "--index, --columns, --values and --one-table go with --wide")
	case f.wide && (len(f.index) == 0 || len(f.columns) == 0 || len(f.values) == 0):
		return opts, wrong(cmd, "--wide needs --index, --columns and --values")
	case f.wide && len(tables) != 1:
		return opts, wrong(cmd, "--wide takes one table, not %d", len(tables))
	case f.wide && len(f.key) > 0:
		return opts, wrong(cmd, "--key does not go with --wide: --index is the key")
	case f.wide && f.clear:
		return opts, wrong(cmd, "--clear and --wide exclude each other: the wide form does not contain the whole table")
	case f.wide:
		wide = &export.Wide{Index: f.index, Columns: f.columns, Values: f.values, OneTable: f.oneTable}
	}
	if (f.where != "" || len(f.key) > 0) && len(tables) != 1 {
		return opts, wrong(cmd, "--where and --key take one table, not %d", len(tables))
	}
	for _, name := range tables {
		opts.Tables = append(opts.Tables, export.Table{Name: name, Where: f.where, Key: f.key, Wide: wide})
	}
	return opts, nil
}

func (a *app) printExport(m *export.Manifest, cleared bool) error {
	t := a.table([]string{"file", "rows", "added", "updated", "kept", "columns", "size"}, 1, 2, 3, 4, 5, 6)
	for _, f := range m.Files {
		err := t.Add(sheet.Printable(f.Name), fmt.Sprint(f.Rows), fmt.Sprint(f.Added), fmt.Sprint(f.Updated), fmt.Sprint(f.Kept),
			fmt.Sprint(len(f.Columns)), doctor.Size(f.Bytes))
		if err != nil {
			return err
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if cleared {
		fmt.Fprintln(a.out, "every file was read back; the database is removed")
	}
	return nil
}
