package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/load"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/store/sqlite"
)

func newImport(a *app) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import FILE|URL TABLE SOURCE... [-j N] [--reject REJECTS]",
		Short: "Read CSV, JSON or Parquet into a table",
		Long: `Read files into a table. import creates the database and the table if they are
missing, with column types that hold every value of all sources exactly, and
prints the types. A value that an existing column cannot hold exactly is refused
with file and line. Times without a zone are in UTC.

Sources are files or patterns, optionally compressed with gzip or zstd, or - for
standard input. JSON is one object a line, objects over several lines, or an
array of them. If a folder above a file is called name=value, a new table gets a
column of that name; an existing table must have the column, or --evolve adds it.
The batch column of a table always gets the key of the batch: if a file has values
for it, import reports that they are not stored. other.db:TABLE is a table or view
of an SQLite file of any program; a value that does not fit the type of its column
is refused, and the error names row and column.

Each file is stored once, whole or not at all, under a key of its path (from the
database's folder), its size and a checksum: run an interrupted import again, and
it continues with the missing files. A stored file is skipped if its content is the
same. If its content has changed, import fails, unless --replace is given: it
removes the old rows (with --key, those under the key) and stores the new ones in
one transaction, so a reader sees the old rows or the new ones, also after a crash.
A file of more than 512 MiB of values is stored in parts. After an interruption some
parts are stored, and import reports them.

An empty field of CSV is NULL. Other texts are NULL only if --null names them:
without --null NA, a column of numbers that contains NA becomes a column of text.

import reports each row that it cannot read, with file and line, and then stores
nothing of that file. With --reject it writes such rows, as they are in the source,
to a file of JSON Lines, and stores the others. The same applies to rows that break
a constraint of the table (UNIQUE, CHECK, NOT NULL, a foreign key). Each row is then
in the table or in the file of rejects, once, also when an interrupted import is
run again with the same file of rejects. The exit status is 1 if a file failed.`,
		Example: `  galley import covid.db regioni 'dati/dpc-*.csv' -j 4
  galley import features.db aseg rows.jsonl.gz --reject rejects.jsonl
  galley import features.db scores scores.csv --null NA,N/A --types zip=text
  psql -c 'COPY t TO STDOUT CSV HEADER' | galley import features.db t - --key today`,
		Args: between(3, "FILE", "TABLE", "SOURCE..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts, err := f.options(cmd, args)
			if err != nil {
				return err
			}
			if f.reject == "-" && a.json {
				return wrong(cmd, "--json and --reject - both write to standard output; give --reject a file, or leave one out")
			}
			opts.Stdin = a.in
			return f.run(cmd, a, args[0], opts)
		},
	}
	flags := cmd.Flags()
	flags.IntVarP(&f.workers, "jobs", "j", 1, "read `N` files at once")
	flags.StringVarP(&f.format, "format", "f", "", "`FORMAT` of the sources: parquet, csv or jsonl (default by their names, and by the content of standard input)")
	flags.StringVar(&f.comma, "delimiter", "", "`CHARACTER` between the fields of CSV (default a comma; a tab in .tsv)")
	flags.BoolVar(&f.noHeader, "no-header", false, "CSV has no line of column names; columns are column_1, column_2, ... unless --columns renames them")
	flags.StringSliceVar(&f.columns, "columns", nil, "`FILE=TABLE,...`: rename columns: FILE is the name in the files, TABLE the name in the table")
	flags.StringSliceVar(&f.nulls, "null", nil, "`TEXTS` of CSV that are NULL, besides an empty field")
	flags.StringSliceVar(&f.types, "types", nil, "`COLUMN=TYPE,...` of a new table, such as zip=text,at=time:ms")
	flags.StringVar(&f.key, "key", "", "`KEY` of the batch of a single source (default its path, size and checksum)")
	flags.BoolVar(&f.replace, "replace", false, "store the new content of a file instead of the content stored before")
	flags.StringVar(&f.batch, "batch-column", "", "give a new table a column `NAME` for the key of each row's batch, by which --replace finds the rows")
	flags.BoolVar(&f.evolve, "evolve", false, "add columns to the table that only the files have")
	flags.BoolVar(&f.upsert, "upsert", false, "replace the rows of the table that have the same key columns")
	flags.BoolVar(&f.ignore, "ignore", false, "skip rows whose key is already in the table")
	flags.StringVar(&f.reject, "reject", "", "write rows that cannot be stored to `REJECTS`, and store the others (- is standard output)")
	return cmd
}

// importFlags are the flags of import.
type importFlags struct {
	workers                           int
	format, comma, key, batch, reject string
	noHeader, replace, evolve         bool
	upsert, ignore                    bool
	columns, nulls, types             []string
}

// options are the settings that the flags stand for.
func (f *importFlags) options(cmd *cobra.Command, args []string) (load.Options, error) {
	opts := load.Options{
		Table: args[1], Sources: args[2:], Format: f.format, NoHeader: f.noHeader, Nulls: f.nulls, Workers: f.workers,
		Replace: f.replace, BatchColumn: f.batch, Evolve: f.evolve,
	}
	switch {
	case f.workers < 1 || f.workers > 1024:
		return opts, wrong(cmd, "-j %d: want 1 to 1024", f.workers)
	case f.comma == `\t`:
		opts.Comma = '\t'
	case len(f.comma) > 1:
		return opts, wrong(cmd, "--delimiter %q: want one character", f.comma)
	case f.comma != "":
		opts.Comma = f.comma[0]
	}
	if f.format != "" {
		if _, err := export.ParseFormat(f.format); err != nil {
			return opts, wrong(cmd, "--format %s: want parquet, csv or jsonl", f.format)
		}
	}
	switch {
	case f.upsert && f.ignore:
		return opts, wrong(cmd, "--upsert and --ignore exclude each other")
	case f.upsert:
		opts.Mode = schema.Upsert
	case f.ignore:
		opts.Mode = schema.Ignore
	}
	if f.key != "" {
		if len(args) > 3 || strings.ContainsAny(args[2], "*?[") {
			return opts, wrong(cmd, "--key names the batch of a single source, and there are several")
		}
		opts.Key = func(string) string { return f.key }
	}
	if f.replace && f.batch == "" {
		opts.BatchColumn = "batch"
	}
	var err error
	if opts.Columns, err = pairs(f.columns); err != nil {
		return opts, wrong(cmd, "--columns %w", err)
	}
	if opts.Types, err = columnTypes(f.types); err != nil {
		return opts, wrong(cmd, "--types %w", err)
	}
	return opts, nil
}

func (f *importFlags) run(cmd *cobra.Command, a *app, path string, opts load.Options) (err error) {
	remove, err := a.takeTables(cmd.Context(), &opts)
	if err != nil {
		return err
	}
	defer remove()
	db, err := openDestination(cmd.Context(), path, postgres.Options{}, sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = db.close(err) }()
	if file, ok := db.database.(*sqlite.DB); ok { // a link to it names the sources alike
		opts.Base = filepath.Dir(file.Path())
	}
	if f.reject != "" {
		rejects, err := openRejects(f.reject, opts.Sources, a.out)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rejects.close()) }()
		rejects.keep(&opts)
	}
	bar := a.bar("rows")
	opts.Progress = func(p load.Progress) {
		if p.Rows == 0 && p.Files == 0 && p.Looked > 0 {
			bar.at(p.Looked, -1, "looking at types")
			return
		}
		bar.at(p.Rows, -1, fmt.Sprintf("%d of %d files", p.Files, p.TotalFiles))
	}
	res, err := load.Load(cmd.Context(), db.database, opts)
	bar.end()
	if res != nil {
		a.printPartly(res)
		if cmd.Context().Err() != nil {
			a.printStopped(res)
		}
	}
	if res == nil || err != nil {
		return err
	}
	if f.reject == "-" {
		return a.printImport(res, a.errs)
	}
	return a.printImport(res, a.out)
}
