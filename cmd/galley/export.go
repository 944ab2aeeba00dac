package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/store/sqlite"
)

// exportFlags are the flags of the verb.
type exportFlags struct {
	dir, format, where, schema            string
	merge, replace, clear, wide           bool
	oneTable                              bool
	key, index, columns, values, distinct []string
	partitionBy                           []string
	rowsPerFile                           int64
}

func newExport(a *app) *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export FILE|URL [TABLE...] [-o DIR] [--format parquet|csv|jsonl] [--merge | --replace] [--clear]",
		Short: "Write tables to Parquet, CSV or JSON Lines",
		Long: `Write some tables, or all, of a file or a postgres:// URL to DIR: a file such as
TABLE.parquet for each table, and manifest.json with rows, columns, fingerprints
and checksums. The rows that a table refused go to TABLE.rejected.parquet, with
their keys, errors and times.

export writes each file beside the file that it replaces, syncs it and renames
it. A crash leaves the old file or the new one, whole. If a file exists, --merge
adds the table's rows to it by key and keeps every row that only the file has;
--replace replaces the file; without either, export writes nothing.

-o - writes one table to standard output instead, without the rows that it
refused.

Exports into one folder run one after the other. If a file is a symbolic link,
export replaces the file that the link points to.

--partition-by writes a folder for each table, in the layout of Hive: the rows go to
TABLE/column=value/part-0.parquet, and the files have all columns. A column of floats
cannot name folders, and an export of more than 10,000 files is refused.
--rows-per-file splits a large file into TABLE/part-0.parquet, TABLE/part-1.parquet
and so on. --merge then requires that the key has the columns of --partition-by. It
leaves each row in its file, and keeps partitions of which the table has no rows.
--replace removes the files of an earlier export that are not written again, also
TABLE.parquet, because readers would find the rows twice. Some readers take the
values from the names of the folders, and may read 007 as a number and an empty text
as NULL. The files have the values as they are stored.

--wide combines many rows into one: --index names the columns that identify a new
row, --columns the columns whose values name the new columns, and --values the
columns whose values fill them. Each column of --values gets its own file,
TABLE.VALUE.wide.parquet.

--clear removes the database after export has read each file back and has
compared its rows and values with those read from the database, and only if no
process wrote to the database meanwhile. It exports all tables, and excludes --wide.`,
		Example: `  galley export features.db -o out
  galley export features.db aseg --merge --key subject,session,atlas,struct_name -o out
  galley export features.db aseg --wide --index subject,session --columns atlas,struct_name --values volume_mm3,norm_mean -o out
  galley export features.db aseg -o - -f csv | gzip > aseg.csv.gz
  galley export postgres://localhost/study --schema features -o out
  galley export features.db aseg --partition-by subject,session -o out
  galley export features.db --clear -o out`,
		Args: between(1, "FILE|URL", "TABLE..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts, err := f.options(cmd, args[1:])
			if err == nil && f.dir == "-" && a.json {
				err = wrong(cmd, "--json and -o - both write to standard output; give -o a folder, or leave --json out")
			}
			if err == nil && f.schema != "" && !onServer(args[0]) {
				err = wrong(cmd, "--schema is the namespace on a server, and %s is a file", args[0])
			}
			if err != nil {
				return err
			}
			return f.run(cmd.Context(), a, args[0], opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.dir, "output", "o", ".", "write into `DIR`, which is created if it is missing (- is standard output, for one table)")
	flags.StringVar(&f.schema, "schema", "", "export from the namespace `NAME` of a server")
	flags.StringVarP(&f.format, "format", "f", "parquet", "`FORMAT`: parquet, csv or jsonl")
	flags.BoolVar(&f.merge, "merge", false, "add to existing files, by key")
	flags.BoolVar(&f.replace, "replace", false, "replace existing files")
	flags.BoolVar(&f.clear, "clear", false, "remove the database after its export was read back")
	flags.StringVar(&f.where, "where", "", "export only the rows that meet an SQL `CONDITION`; for one table")
	flags.StringSliceVar(&f.key, "key", nil, "`COLUMNS` that identify a row, for --merge (default the table's key)")
	flags.StringSliceVar(&f.partitionBy, "partition-by", nil, "`COLUMNS` whose values name the folders of the files")
	flags.Int64Var(&f.rowsPerFile, "rows-per-file", 0, "write several files of at most `N` rows for a table or partition")
	flags.BoolVar(&f.wide, "wide", false, "combine many rows into one")
	flags.StringSliceVar(&f.index, "index", nil, "`COLUMNS` that identify a wide row")
	flags.StringSliceVar(&f.columns, "columns", nil, "`COLUMNS` whose values name the wide columns")
	flags.StringSliceVar(&f.values, "values", nil, "`COLUMNS` whose values fill the wide columns")
	flags.BoolVar(&f.oneTable, "one-table", false, "put all --values into one wide file")
	flags.StringSliceVar(&f.distinct, "count-distinct", nil, "`COLUMNS` whose different combinations the manifest counts")
	return cmd
}

// run exports tables of a file, or of a server.
func (f *exportFlags) run(ctx context.Context, a *app, path string, opts export.Options) (err error) {
	db, err := f.open(ctx, a, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, t := range opts.Tables {
		if _, err := described(ctx, db, t.Name); err != nil {
			return err
		}
	}
	bar := a.bar("rows")
	opts.Progress = func(p export.Progress) { bar.at(p.Rows, p.Total, p.File) }
	if f.dir == "-" {
		return f.stream(ctx, a, db, opts, bar)
	}
	if err := export.MakeDir(f.dir); err != nil {
		return err
	}
	opts.Waiting = func(holder string) {
		a.say("waiting for %s, which exports into %s", sheet.Printable(holder), f.dir)
	}
	m, err := export.Write(ctx, db, opts)
	bar.end()
	if errors.Is(err, sqlite.ErrInUse) {
		err = fmt.Errorf("%w%s", err, held(path))
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(m)
	}
	return a.printExport(m, opts.Clear)
}

// open opens the database, for writing if it will be removed.
func (f *exportFlags) open(ctx context.Context, a *app, path string) (database, error) {
	if !f.clear && !onServer(path) {
		db, err := a.openAny(ctx, path)
		if err != nil {
			return nil, err
		}
		return db, nil
	}
	if !onServer(path) {
		if err := there(path); err != nil {
			return nil, err
		}
	}
	return backend(ctx, path, postgres.Options{Schema: f.schema, ReadOnly: !f.clear})
}

// stream writes one table to standard output. Standard error says what is not in
// it.
func (f *exportFlags) stream(ctx context.Context, a *app, db database, opts export.Options, bar *bar) error {
	if a.out.terminal && opts.Format == export.Parquet {
		return errors.New("a terminal cannot show Parquet; send it to a file or a pipe, or choose --format csv")
	}
	_, err := export.Stream(ctx, db, a.out, opts)
	bar.end()
	if err != nil {
		return err
	}
	n, err := store.CountRejected(ctx, db, store.RejectedFilter{Table: opts.Tables[0].Name})
	if n > 0 {
		a.say("%s that %s refused are not in the output; see galley rejects", several(n, "row"), sheet.Printable(opts.Tables[0].Name))
	}
	return err
}

func (f *exportFlags) options(cmd *cobra.Command, tables []string) (export.Options, error) {
	opts := export.Options{Dir: f.dir, Clear: f.clear, CountDistinct: f.distinct, PartitionBy: f.partitionBy, RowsPerFile: f.rowsPerFile}
	if cmd.Flags().Changed("rows-per-file") && f.rowsPerFile < 1 {
		return opts, wrong(cmd, "--rows-per-file %d: want at least 1", f.rowsPerFile)
	}
	partitioned := len(f.partitionBy) > 0 || f.rowsPerFile > 0
	if partitioned && f.dir == "-" {
		return opts, wrong(cmd, "--partition-by and --rows-per-file write several files, and -o - is one; give -o a folder")
	}
	if partitioned && f.wide {
		return opts, wrong(cmd, "--wide excludes --partition-by and --rows-per-file: the wide form is one file")
	}
	if f.dir == "-" && (len(tables) != 1 || f.merge || f.replace || f.clear || len(f.distinct) > 0) {
		return opts, wrong(cmd, "-o - writes one TABLE to standard output, without --merge, --replace, --clear and --count-distinct")
	}
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
		return opts, wrong(cmd, "--key and --wide exclude each other: --index is the key")
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
